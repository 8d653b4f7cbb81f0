namespace Hil.Kernel;

// A deliberate departure: these wait for the driver even on a handle that was opened for asynchronous I/O. The caller
// sees a request that happened to be done at once, which it must be ready for.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Reads from a device.</summary>
    /// <param name="event">Handle of an event to set at the end; may be null.</param>
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
            fileHandle, @event, ioStatusBlock, byteOffset,
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
            fileHandle, @event, ioStatusBlock, byteOffset,
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
        long nowhere = 0;
        return Transfer(
            fileHandle, @event, ioStatusBlock, &nowhere,
            new FileRequest
            {
                MajorFunction = IRP_MJ_DEVICE_CONTROL,
                Code = ioControlCode,
                Input = CheckedBuffer(inputBuffer, inputBufferLength),
                InputBytes = inputBufferLength,
                Output = CheckedBuffer(outputBuffer, outputBufferLength),
                OutputBytes = outputBufferLength,
                IsFromKernel = true,
            });
    }

    private static NTSTATUS Transfer(
        void* fileHandle, void* eventHandle, IO_STATUS_BLOCK* ioStatusBlock, long* byteOffset, FileRequest request)
    {
        KEVENT* @event = null;
        NTSTATUS status = FileOf(fileHandle, out KernelObject? file);
        if (status.IsSuccess && eventHandle != null)
            status = EventOf(eventHandle, out @event);
        if (!status.IsSuccess)
            return status;
        if (byteOffset == null && !((FileState)file!.Payload!).IsSynchronous)
            return STATUS_INVALID_PARAMETER;

        long offset = byteOffset == null ? ((FILE_OBJECT*)file!.Address)->CurrentByteOffset.QuadPart : *byteOffset;
        status = Store(ioStatusBlock, NtKernel.Current.Io.Execute(file!, request with { Offset = offset }));
        if (@event != null)
            KeSetEvent(@event, IO_NO_INCREMENT, false);
        return status;
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
