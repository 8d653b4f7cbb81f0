namespace Hil.Kernel;

// A deliberate departure: these wait for the driver even on a handle that was opened for asynchronous I/O. The caller
// sees a request that happened to be done at once, which it must be ready for.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Reads from a device.</summary>
    /// <param name="event">Handle of an event to set at the end; may be null.</param>
    /// <param name="apcRoutine">VOID (PVOID ApcContext, PIO_STATUS_BLOCK, ULONG): called at the end on this thread, as
    /// a normal kernel APC, unless the request has failed; may be null, which it is to be where the WDK reserves
    /// it.</param>
    /// <param name="byteOffset">Null on a synchronous handle means the current position.</param>
    /// <returns>The driver's status; STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
    /// STATUS_ACCESS_DENIED.</returns>
    /// <remarks>WDK: ZwReadFile.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwReadFile(
        void* fileHandle,
        void* @event,
        DriverRoutine apcRoutine,
        void* apcContext,
        IO_STATUS_BLOCK* ioStatusBlock,
        void* buffer,
        uint length,
        long* byteOffset,
        uint* key) =>
        Transfer(
            fileHandle, new AtEnd(@event, apcRoutine, apcContext), ioStatusBlock, byteOffset,
            new FileRequest
            {
                MajorFunction = IRP_MJ_READ,
                Output = CheckedBuffer(buffer, length),
                OutputBytes = length,
                IsFromKernel = true,
            });

    /// <summary>Writes to a device.</summary>
    /// <inheritdoc cref="ZwReadFile"/>
    /// <remarks>WDK: ZwWriteFile.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwWriteFile(
        void* fileHandle,
        void* @event,
        DriverRoutine apcRoutine,
        void* apcContext,
        IO_STATUS_BLOCK* ioStatusBlock,
        void* buffer,
        uint length,
        long* byteOffset,
        uint* key) =>
        Transfer(
            fileHandle, new AtEnd(@event, apcRoutine, apcContext), ioStatusBlock, byteOffset,
            new FileRequest
            {
                MajorFunction = IRP_MJ_WRITE,
                Input = CheckedBuffer(buffer, length),
                InputBytes = length,
                IsFromKernel = true,
            });

    /// <summary>Sends a control request to a device.</summary>
    /// <returns>The driver's status; STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
    /// STATUS_ACCESS_DENIED.</returns>
    /// <remarks>WDK: ZwDeviceIoControlFile.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwDeviceIoControlFile(
        void* fileHandle,
        void* @event,
        DriverRoutine apcRoutine,
        void* apcContext,
        IO_STATUS_BLOCK* ioStatusBlock,
        uint ioControlCode,
        void* inputBuffer,
        uint inputBufferLength,
        void* outputBuffer,
        uint outputBufferLength)
    {
        return Control(
            IRP_MJ_DEVICE_CONTROL, fileHandle, new AtEnd(@event, apcRoutine, apcContext), ioStatusBlock, ioControlCode,
            new ControlBuffers(inputBuffer, inputBufferLength, outputBuffer, outputBufferLength));
    }

    /// <summary>Sends a file system control request to a device.</summary>
    /// <inheritdoc cref="ZwDeviceIoControlFile"/>
    /// <remarks>WDK: ZwFsControlFile.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwFsControlFile(
        void* fileHandle,
        void* @event,
        DriverRoutine apcRoutine,
        void* apcContext,
        IO_STATUS_BLOCK* ioStatusBlock,
        uint fsControlCode,
        void* inputBuffer,
        uint inputBufferLength,
        void* outputBuffer,
        uint outputBufferLength)
    {
        return Control(
            IRP_MJ_FILE_SYSTEM_CONTROL, fileHandle, new AtEnd(@event, apcRoutine, apcContext), ioStatusBlock,
            fsControlCode, new ControlBuffers(inputBuffer, inputBufferLength, outputBuffer, outputBufferLength));
    }

    /// <summary>Has a driver write what it keeps for a file (IRP_MJ_FLUSH_BUFFERS).</summary>
    /// <returns>The driver's status; STATUS_ACCESS_DENIED for a file that was not opened to write or append,
    /// STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwFlushBuffersFile, ZwFlushBuffersFileEx.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwFlushBuffersFile(void* fileHandle, IO_STATUS_BLOCK* ioStatusBlock)
    {
        NTSTATUS status = FileOf(fileHandle, out KernelObject? file);
        return status.IsSuccess
            ? Store(ioStatusBlock, NtKernel.Current.Io.Execute(
                file!, new FileRequest { MajorFunction = IRP_MJ_FLUSH_BUFFERS, IsFromKernel = true }))
            : status;
    }

    private static NTSTATUS Control(
        byte majorFunction, void* fileHandle, in AtEnd atEnd, IO_STATUS_BLOCK* ioStatusBlock, uint code,
        in ControlBuffers buffers)
    {
        long nowhere = 0;
        return Transfer(
            fileHandle, atEnd, ioStatusBlock, &nowhere,
            new FileRequest
            {
                MajorFunction = majorFunction,
                Code = code,
                Input = CheckedBuffer(buffers.Input, buffers.InputBytes),
                InputBytes = buffers.InputBytes,
                Output = CheckedBuffer(buffers.Output, buffers.OutputBytes),
                OutputBytes = buffers.OutputBytes,
                IsFromKernel = true,
            });
    }

    private static NTSTATUS Transfer(
        void* fileHandle, in AtEnd atEnd, IO_STATUS_BLOCK* ioStatusBlock, long* byteOffset, FileRequest request)
    {
        KEVENT* @event = null;
        KAPC* apc = null;
        NTSTATUS status = FileOf(fileHandle, out KernelObject? file);
        if (status.IsSuccess && atEnd.Event != null)
            status = EventOf(atEnd.Event, out @event);
        if (!status.IsSuccess)
            return status;
        if (byteOffset == null && !((FileState)file!.Payload!).IsSynchronous)
            return STATUS_INVALID_PARAMETER;
        if (!atEnd.Routine.IsNull && !TryMakeApc(atEnd, out apc))
            return STATUS_INSUFFICIENT_RESOURCES;

        if (@event != null)
            KeClearEvent(@event);
        long offset = byteOffset == null ? ((FILE_OBJECT*)file!.Address)->CurrentByteOffset.QuadPart : *byteOffset;
        status = Store(
            ioStatusBlock, NtKernel.Current.Io.Execute(file!, request with { Offset = offset, Event = @event }));
        if (@event != null)
            KeSetEvent(@event, IO_NO_INCREMENT, false);
        if (apc != null && status.IsError)
            NtKernel.Current.Pool.Free(apc);
        else if (apc != null)
            KeInsertQueueApc(apc, ioStatusBlock, null, IO_NO_INCREMENT);
        return status;
    }

    // The kernel routine frees the APC before its normal routine is called.
    private static bool TryMakeApc(in AtEnd atEnd, out KAPC* apc)
    {
        const uint Tag = 0x70_41_6F_49; // IoAp
        NtKernel kernel = NtKernel.Current;
        apc = (KAPC*)kernel.Pool.Allocate((nuint)sizeof(KAPC), Tag, zero: true);
        if (apc == null)
            return false;
        if (kernel.Io.FreeApc.IsNull)
        {
            kernel.Io.FreeApc = kernel.Gate.Register(static arguments =>
            {
                NtKernel.Current.Pool.Free((void*)arguments[0]);
                return 0;
            });
        }
        KeInitializeApc(
            apc, KeGetCurrentThread(), 0, kernel.Io.FreeApc, default, atEnd.Routine, KPROCESSOR_MODE.KernelMode,
            atEnd.Context);
        return true;
    }

    /// <summary>What a requester wants to happen when its request has ended.</summary>
    private readonly struct AtEnd(void* @event, DriverRoutine routine, void* context)
    {
        public void* Event { get; } = @event;

        public DriverRoutine Routine { get; } = routine;

        public void* Context { get; } = context;
    }

    private static byte* CheckedBuffer(void* buffer, uint bytes)
    {
        if (bytes == 0)
            return null;
        PointerCheck.Follow<byte>(buffer, "the buffer of a file request");
        PointerCheck.Follow<byte>((byte*)buffer + bytes - 1, "the end of the buffer of a file request");
        return (byte*)buffer;
    }
}
