namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Asks a device for information about a file of its own. The position of a synchronous file is the I/O
    /// manager's to tell.</summary>
    /// <returns>The driver's status; STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
    /// STATUS_INFO_LENGTH_MISMATCH.</returns>
    /// <remarks>WDK: ZwQueryInformationFile.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwQueryInformationFile(
        void* fileHandle,
        IO_STATUS_BLOCK* ioStatusBlock,
        void* fileInformation,
        uint length,
        FILE_INFORMATION_CLASS fileInformationClass)
    {
        byte* buffer = CheckedBuffer(fileInformation, length);
        NTSTATUS status = FileOf(fileHandle, out KernelObject? file);
        if (!status.IsSuccess)
            return status;
        if (IsPosition(file!, fileInformationClass))
        {
            if (length < sizeof(FILE_POSITION_INFORMATION))
                return STATUS_INFO_LENGTH_MISMATCH;
            ((FILE_POSITION_INFORMATION*)buffer)->CurrentByteOffset = ((FILE_OBJECT*)file!.Address)->CurrentByteOffset;
            return Store(ioStatusBlock, new IoResult(STATUS_SUCCESS, (ulong)sizeof(FILE_POSITION_INFORMATION)));
        }
        return Store(ioStatusBlock, NtKernel.Current.Io.Execute(file!, new FileRequest
        {
            MajorFunction = IRP_MJ_QUERY_INFORMATION,
            Code = (uint)fileInformationClass,
            Output = buffer,
            OutputBytes = length,
            IsFromKernel = true,
        }));
    }

    /// <summary>Changes information about a file of a device. The position of a synchronous file is the I/O
    /// manager's.</summary>
    /// <returns>The driver's status; STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
    /// STATUS_INFO_LENGTH_MISMATCH.</returns>
    /// <remarks>WDK: ZwSetInformationFile.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwSetInformationFile(
        void* fileHandle,
        IO_STATUS_BLOCK* ioStatusBlock,
        void* fileInformation,
        uint length,
        FILE_INFORMATION_CLASS fileInformationClass)
    {
        byte* buffer = CheckedBuffer(fileInformation, length);
        NTSTATUS status = FileOf(fileHandle, out KernelObject? file);
        if (!status.IsSuccess)
            return status;
        if (IsPosition(file!, fileInformationClass))
        {
            if (length < sizeof(FILE_POSITION_INFORMATION))
                return STATUS_INFO_LENGTH_MISMATCH;
            ((FILE_OBJECT*)file!.Address)->CurrentByteOffset = ((FILE_POSITION_INFORMATION*)buffer)->CurrentByteOffset;
            return Store(ioStatusBlock, new IoResult(STATUS_SUCCESS, 0));
        }
        return Store(ioStatusBlock, NtKernel.Current.Io.Execute(file!, new FileRequest
        {
            MajorFunction = IRP_MJ_SET_INFORMATION,
            Code = (uint)fileInformationClass,
            Input = buffer,
            InputBytes = length,
            IsFromKernel = true,
        }));
    }

    private static bool IsPosition(KernelObject file, FILE_INFORMATION_CLASS informationClass) =>
        informationClass == FILE_INFORMATION_CLASS.FilePositionInformation && ((FileState)file.Payload!).IsSynchronous;

    private static NTSTATUS FileOf(void* handle, out KernelObject? file)
    {
        file = NtKernel.Current.Objects.Handles.Find((ulong)handle);
        if (file == null)
            return STATUS_INVALID_HANDLE;
        return file.Payload is FileState ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
    }

    private static NTSTATUS Store(IO_STATUS_BLOCK* ioStatusBlock, IoResult result)
    {
        ioStatusBlock->Status = result.Status;
        ioStatusBlock->Information = (nuint)result.Information;
        return result.Status;
    }
}
