namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint FileFsDeviceInformation = 4;
    private const uint FsInformationClassMax = 14; // FileFsGuidInformation and its like are a file system's to know.

    /// <summary>Asks about the volume of a file. What kind of device it is, the I/O manager knows; the rest is the
    /// driver's to answer (IRP_MJ_QUERY_VOLUME_INFORMATION).</summary>
    /// <returns>The driver's status; STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_HANDLE,
    /// STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwQueryVolumeInformationFile.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwQueryVolumeInformationFile(
        void* fileHandle, IO_STATUS_BLOCK* ioStatusBlock, void* fsInformation, uint length, uint fsInformationClass)
    {
        if (fsInformationClass is 0 or > FsInformationClassMax)
            return STATUS_INVALID_INFO_CLASS;
        byte* buffer = CheckedBuffer(fsInformation, length);
        NTSTATUS status = FileOf(fileHandle, out KernelObject? file);
        if (!status.IsSuccess)
            return status;
        if (fsInformationClass == FileFsDeviceInformation)
            return DescribeDevice((FileState)file!.Payload!, ioStatusBlock, buffer, length);
        return Store(ioStatusBlock, NtKernel.Current.Io.Execute(file!, new FileRequest
        {
            MajorFunction = IRP_MJ_QUERY_VOLUME_INFORMATION,
            Code = fsInformationClass,
            Output = buffer,
            OutputBytes = length,
            IsFromKernel = true,
        }));
    }

    /// <summary>Opens a file only to ask for its attributes.</summary>
    /// <returns>The driver's status; as ZwOpenFile.</returns>
    /// <remarks>WDK: ZwQueryFullAttributesFile.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwQueryFullAttributesFile(
        OBJECT_ATTRIBUTES* objectAttributes, FILE_NETWORK_OPEN_INFORMATION* fileInformation)
    {
        NtKernel kernel = NtKernel.Current;
        NTSTATUS status = PathOf(kernel, objectAttributes, out string path);
        if (!status.IsSuccess)
            return status;
        var opening = new FileOpening(
            FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_OPEN_REPARSE_POINT);
        status = kernel.Io.CreateFile(path, opening, out KernelObject? file);
        if (!status.IsSuccess)
            return status;
        IoResult result = kernel.Io.Execute(file!, new FileRequest
        {
            MajorFunction = IRP_MJ_QUERY_INFORMATION,
            Code = (uint)FILE_INFORMATION_CLASS.FileNetworkOpenInformation,
            Output = (byte*)fileInformation,
            OutputBytes = (uint)sizeof(FILE_NETWORK_OPEN_INFORMATION),
            IsFromKernel = true,
        });
        kernel.Objects.Dereference(file!);
        return result.Status;
    }

    private static NTSTATUS DescribeDevice(
        FileState file, IO_STATUS_BLOCK* ioStatusBlock, byte* buffer, uint length)
    {
        if (length < sizeof(FILE_FS_DEVICE_INFORMATION))
            return STATUS_INFO_LENGTH_MISMATCH;
        *(FILE_FS_DEVICE_INFORMATION*)buffer = new FILE_FS_DEVICE_INFORMATION
        {
            DeviceType = file.Device->DeviceType,
            Characteristics = file.Device->Characteristics,
        };
        return Store(ioStatusBlock, new IoResult(STATUS_SUCCESS, (ulong)sizeof(FILE_FS_DEVICE_INFORMATION)));
    }
}
