namespace Hil.Kernel;

// Drivers open other drivers' devices, and files. Devices are there; a file system is not, so a path that does not
// lead to a device is not found.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Opens a device by name.</summary>
    /// <returns>What the driver said to IRP_MJ_CREATE; STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND,
    /// STATUS_NO_SUCH_DEVICE, STATUS_ACCESS_DENIED.</returns>
    /// <remarks>WDK: ZwCreateFile.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwCreateFile(
        void** fileHandle,
        uint desiredAccess,
        OBJECT_ATTRIBUTES* objectAttributes,
        IO_STATUS_BLOCK* ioStatusBlock,
        long* allocationSize,
        uint fileAttributes,
        uint shareAccess,
        uint createDisposition,
        uint createOptions,
        void* eaBuffer,
        uint eaLength)
    {
        NtKernel kernel = NtKernel.Current;
        NTSTATUS status = PathOf(kernel, objectAttributes, out string path);
        if (!status.IsSuccess)
            return status;
        var opening = new FileOpening(desiredAccess, shareAccess, createOptions, createDisposition);
        status = kernel.Io.CreateFile(path, opening, out KernelObject? file);
        ioStatusBlock->Status = status;
        ioStatusBlock->Information = status.IsSuccess ? FileOpened : 0;
        if (!status.IsSuccess)
            return status;
        *fileHandle = (void*)kernel.Objects.Handles.Open(file!, desiredAccess);
        kernel.Objects.Dereference(file!);
        return status;
    }

    /// <inheritdoc cref="ZwCreateFile"/>
    /// <remarks>WDK: ZwOpenFile.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwOpenFile(
        void** fileHandle,
        uint desiredAccess,
        OBJECT_ATTRIBUTES* objectAttributes,
        IO_STATUS_BLOCK* ioStatusBlock,
        uint shareAccess,
        uint openOptions) =>
        ZwCreateFile(
            fileHandle, desiredAccess, objectAttributes, ioStatusBlock, null, 0, shareAccess, FILE_OPEN, openOptions,
            null, 0);

    /// <inheritdoc cref="ZwCreateFile"/>
    /// <remarks>WDK: IoCreateFile.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoCreateFile(
        void** fileHandle,
        uint desiredAccess,
        OBJECT_ATTRIBUTES* objectAttributes,
        IO_STATUS_BLOCK* ioStatusBlock,
        long* allocationSize,
        uint fileAttributes,
        uint shareAccess,
        uint disposition,
        uint createOptions,
        void* eaBuffer,
        uint eaLength,
        CREATE_FILE_TYPE createFileType,
        void* internalParameters,
        uint options) =>
        ZwCreateFile(
            fileHandle, desiredAccess, objectAttributes, ioStatusBlock, allocationSize, fileAttributes, shareAccess,
            disposition, createOptions, eaBuffer, eaLength);

    private const uint FileOpened = 1; // FILE_OPENED.

    // A root directory is a directory object: names are kept by full path, so its name goes in front.
    private static NTSTATUS PathOf(NtKernel kernel, OBJECT_ATTRIBUTES* attributes, out string path)
    {
        path = attributes->ObjectName == null
            ? ""
            : DriverString.Read(
                PointerCheck.Follow<UNICODE_STRING>(attributes->ObjectName, "ObjectAttributes->ObjectName"));
        if (attributes->RootDirectory == null)
            return STATUS_SUCCESS;
        KernelObject? root = kernel.Objects.Handles.Find((ulong)attributes->RootDirectory);
        if (root == null)
            return STATUS_INVALID_HANDLE;
        if (root.Name == null)
            return STATUS_OBJECT_TYPE_MISMATCH;
        path = path.Length == 0 ? root.Name : $@"{root.Name.TrimEnd('\\')}\{path}";
        return STATUS_SUCCESS;
    }
}
