using System.Runtime.CompilerServices;

namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Builds an I/O control request that the I/O manager frees when it completes.</summary>
    /// <param name="event">Set when the request completes with success, or late; the caller waits for it only after
    /// STATUS_PENDING.</param>
    /// <returns>Null when there is no memory or a buffer is bad.</returns>
    /// <remarks>WDK: IoBuildDeviceIoControlRequest.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static IRP* IoBuildDeviceIoControlRequest(
        uint ioControlCode,
        DEVICE_OBJECT* deviceObject,
        void* inputBuffer,
        uint inputBufferLength,
        void* outputBuffer,
        uint outputBufferLength,
        BOOLEAN internalDeviceIoControl,
        KEVENT* @event,
        IO_STATUS_BLOCK* ioStatusBlock)
    {
        IRP* irp = AllocateIrp(deviceObject->StackSize, IrpOwner.Thread);
        if (irp == null)
            return null;
        IoGetNextIrpStackLocation(irp)->MajorFunction =
            internalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
        SetOutcome(irp, @event, ioStatusBlock, outputBuffer);
        var buffers = new ControlBuffers(inputBuffer, inputBufferLength, outputBuffer, outputBufferLength);
        return DescribeControl(irp, ioControlCode, buffers) ? irp : DropIrp(irp);
    }

    /// <summary>Builds a read, write, flush, shutdown, PnP or power request that the I/O manager frees when it
    /// completes.</summary>
    /// <param name="startingOffset">Null means 0.</param>
    /// <param name="event">Set when the request completes with success, or late; the caller waits for it only after
    /// STATUS_PENDING.</param>
    /// <returns>Null when there is no memory or the buffer is bad.</returns>
    /// <remarks>WDK: IoBuildSynchronousFsdRequest.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static IRP* IoBuildSynchronousFsdRequest(
        uint majorFunction,
        DEVICE_OBJECT* deviceObject,
        void* buffer,
        uint length,
        long* startingOffset,
        KEVENT* @event,
        IO_STATUS_BLOCK* ioStatusBlock)
    {
        IRP* irp = AllocateIrp(deviceObject->StackSize, IrpOwner.Thread);
        if (irp == null)
            return null;
        SetOutcome(irp, @event, ioStatusBlock, buffer);
        return BuildTransfer(irp, majorFunction, deviceObject, buffer, length, startingOffset);
    }

    /// <summary>As IoBuildSynchronousFsdRequest, for a driver that does not wait: its completion routine frees the
    /// IRP.</summary>
    /// <remarks>WDK: IoBuildAsynchronousFsdRequest.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static IRP* IoBuildAsynchronousFsdRequest(
        uint majorFunction,
        DEVICE_OBJECT* deviceObject,
        void* buffer,
        uint length,
        long* startingOffset,
        IO_STATUS_BLOCK* ioStatusBlock)
    {
        IRP* irp = AllocateIrp(deviceObject->StackSize, IrpOwner.Driver);
        if (irp == null)
            return null;
        SetOutcome(irp, null, ioStatusBlock, buffer);
        return BuildTransfer(irp, majorFunction, deviceObject, buffer, length, startingOffset);
    }

    private static void SetOutcome(IRP* irp, KEVENT* @event, IO_STATUS_BLOCK* ioStatusBlock, void* buffer)
    {
        ref IrpRecord record = ref NtKernel.Current.Io.Irps.Find(irp);
        record.UserEvent = irp->UserEvent = @event;
        record.UserIosb = irp->UserIosb = ioStatusBlock;
        record.UserBuffer = buffer;
        irp->Tail.Overlay.Thread = KeGetCurrentThread();
    }

    private static IRP* BuildTransfer(
        IRP* irp, uint majorFunction, DEVICE_OBJECT* deviceObject, void* buffer, uint length, long* startingOffset)
    {
        long offset = startingOffset == null ? 0 : *startingOffset;
        IoGetNextIrpStackLocation(irp)->MajorFunction = (byte)majorFunction;
        if (majorFunction is not (IRP_MJ_READ or IRP_MJ_WRITE))
            return irp;
        return DescribeTransfer(irp, deviceObject, buffer, length, offset) ? irp : DropIrp(irp);
    }

    /// <summary>Fills in a control request's next stack location and buffers as its transfer method asks.</summary>
    /// <returns>False when there is no memory or a buffer cannot be locked.</returns>
    internal static bool DescribeControl(IRP* irp, uint code, in ControlBuffers buffers)
    {
        IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
        next->Parameters.DeviceIoControl.OutputBufferLength = buffers.OutputBytes;
        next->Parameters.DeviceIoControl.InputBufferLength = buffers.InputBytes;
        next->Parameters.DeviceIoControl.IoControlCode = code;
        switch (METHOD_FROM_CTL_CODE(code))
        {
            case METHOD_BUFFERED:
                irp->UserBuffer = buffers.Output;
                return AttachSystemBuffer(irp, buffers, Math.Max(buffers.InputBytes, buffers.OutputBytes))
                    && MarkInput(irp, buffers.Output == null ? 0 : buffers.OutputBytes);
            case METHOD_IN_DIRECT:
                return AttachSystemBuffer(irp, buffers, buffers.InputBytes)
                    && AttachMdl(irp, buffers.Output, buffers.OutputBytes, LOCK_OPERATION.IoReadAccess);
            case METHOD_OUT_DIRECT:
                return AttachSystemBuffer(irp, buffers, buffers.InputBytes)
                    && AttachMdl(irp, buffers.Output, buffers.OutputBytes, LOCK_OPERATION.IoWriteAccess);
            default:
                irp->UserBuffer = buffers.Output;
                next->Parameters.DeviceIoControl.Type3InputBuffer = buffers.Input;
                return true;
        }
    }

    /// <summary>Fills in a read's or write's next stack location and buffer as the device's flags ask.</summary>
    /// <returns>False when there is no memory or the buffer cannot be locked.</returns>
    internal static bool DescribeTransfer(IRP* irp, DEVICE_OBJECT* device, void* buffer, uint length, long offset)
    {
        // Read and Write parameters lie alike.
        IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
        bool isRead = next->MajorFunction == IRP_MJ_READ;
        next->Parameters.Read.Length = length;
        next->Parameters.Read.ByteOffset.QuadPart = offset;
        irp->Flags |= isRead ? IRP_READ_OPERATION : IRP_WRITE_OPERATION;
        if ((device->Flags & DO_BUFFERED_IO) != 0)
        {
            irp->UserBuffer = buffer;
            var buffers = new ControlBuffers(isRead ? null : buffer, isRead ? 0 : length, buffer, length);
            return AttachSystemBuffer(irp, buffers, length) && MarkInput(irp, isRead ? length : 0);
        }
        if ((device->Flags & DO_DIRECT_IO) != 0)
            return AttachMdl(irp, buffer, length, isRead ? LOCK_OPERATION.IoWriteAccess : LOCK_OPERATION.IoReadAccess);
        irp->UserBuffer = buffer;
        return true;
    }

    /// <summary>Fills in a query for information about a file; the driver answers in a system buffer.</summary>
    internal static bool DescribeQuery(IRP* irp, uint informationClass, void* buffer, uint length)
    {
        IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
        next->Parameters.QueryFile.Length = length;
        next->Parameters.QueryFile.FileInformationClass = (FILE_INFORMATION_CLASS)informationClass;
        irp->UserBuffer = buffer;
        return AttachSystemBuffer(irp, new ControlBuffers(null, 0, buffer, length), length) && MarkInput(irp, length);
    }

    /// <summary>Fills in a change of information about a file.</summary>
    internal static bool DescribeSet(IRP* irp, uint informationClass, void* buffer, uint length)
    {
        IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
        next->Parameters.SetFile.Length = length;
        next->Parameters.SetFile.FileInformationClass = (FILE_INFORMATION_CLASS)informationClass;
        return AttachSystemBuffer(irp, new ControlBuffers(buffer, length, null, 0), length);
    }

    private static bool AttachSystemBuffer(IRP* irp, in ControlBuffers buffers, uint bytes)
    {
        if (bytes == 0)
            return true;
        IoSystem io = NtKernel.Current.Io;
        void* systemBuffer = io.SystemBuffers.Allocate(bytes);
        if (systemBuffer == null)
            return false;
        irp->AssociatedIrp.SystemBuffer = systemBuffer;
        irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
        if (buffers.Input != null)
            io.Copy(buffers.Input, systemBuffer, buffers.InputBytes);
        return true;
    }

    // What the driver puts into the system buffer goes back to a buffer of so many bytes.
    private static bool MarkInput(IRP* irp, uint outputBytes)
    {
        if (outputBytes == 0)
            return true;
        irp->Flags |= IRP_INPUT_OPERATION;
        NtKernel.Current.Io.Irps.Find(irp).OutputBytes = outputBytes;
        return true;
    }

    private static bool AttachMdl(IRP* irp, void* buffer, uint length, LOCK_OPERATION operation)
    {
        if (length == 0)
            return true;
        MDL* mdl = IoAllocateMdl(buffer, length, false, false, irp);
        if (mdl == null)
            return false;
        try
        {
            MmProbeAndLockPages(mdl, irp->RequestorMode, operation);
            return true;
        }
        catch (GuestRaiseException)
        {
            return false;
        }
    }

    // An IRP that could not be built to its end gives back what it has.
    internal static IRP* DropIrp(IRP* irp)
    {
        ReleaseMdls(irp);
        if ((irp->Flags & IRP_DEALLOCATE_BUFFER) != 0)
            NtKernel.Current.Io.SystemBuffers.Free(irp->AssociatedIrp.SystemBuffer);
        FreeIrp(irp);
        return null;
    }

    /// <summary>A control request's two buffers, in the window.</summary>
    internal readonly ref struct ControlBuffers(void* input, uint inputBytes, void* output, uint outputBytes)
    {
        public readonly void* Input = input;
        public readonly uint InputBytes = inputBytes;
        public readonly void* Output = output;
        public readonly uint OutputBytes = outputBytes;
    }
}
