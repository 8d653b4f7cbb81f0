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
        var opening = new FileOpening(desiredAccess, shareAccess, createOptions, createDisposition);
        return OpenFile(fileHandle, objectAttributes, ioStatusBlock, opening);
    }

    private static NTSTATUS OpenFile(
        void** fileHandle, OBJECT_ATTRIBUTES* objectAttributes, IO_STATUS_BLOCK* ioStatusBlock, FileOpening opening)
    {
        NtKernel kernel = NtKernel.Current;
        NTSTATUS status = PathOf(kernel, objectAttributes, out string path);
        if (!status.IsSuccess)
            return status;
        status = kernel.Io.CreateFile(path, opening, out KernelObject? file);
        ioStatusBlock->Status = status;
        ioStatusBlock->Information = status.IsSuccess ? FileOpened : 0;
        if (!status.IsSuccess)
            return status;
        *fileHandle = (void*)kernel.Objects.Handles.Open(file!, opening.Access);
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

    /// <summary>As IoCreateFile; requests go to one device object of the stack and those below it.</summary>
    /// <param name="deviceObject">May be null: the top of the stack.</param>
    /// <returns>STATUS_INVALID_DEVICE_OBJECT_PARAMETER for a device object that is not in the stack; else as
    /// ZwCreateFile.</returns>
    /// <remarks>WDK: IoCreateFileSpecifyDeviceObjectHint.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoCreateFileSpecifyDeviceObjectHint(
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
        uint options,
        void* deviceObject) =>
        OpenFile(
            fileHandle, objectAttributes, ioStatusBlock,
            new FileOpening(desiredAccess, shareAccess, createOptions, disposition) { Target = (ulong)deviceObject });

    /// <summary>As IoCreateFileSpecifyDeviceObjectHint, with the hint in a structure.</summary>
    /// <param name="driverContext">May be null. There are no transactions and no extra create parameters to
    /// name.</param>
    /// <returns>STATUS_INVALID_PARAMETER for a context of another size, STATUS_NOT_SUPPORTED for one with a
    /// transaction; else as IoCreateFileSpecifyDeviceObjectHint.</returns>
    /// <remarks>WDK: IoCreateFileEx.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoCreateFileEx(
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
        uint options,
        IO_DRIVER_CREATE_CONTEXT* driverContext)
    {
        if (driverContext != null && driverContext->Size < sizeof(IO_DRIVER_CREATE_CONTEXT))
            return STATUS_INVALID_PARAMETER;
        if (driverContext != null && driverContext->TxnParameters != null)
            return STATUS_NOT_SUPPORTED;
        void* hint = driverContext == null ? null : driverContext->DeviceObjectHint;
        return IoCreateFileSpecifyDeviceObjectHint(
            fileHandle, desiredAccess, objectAttributes, ioStatusBlock, allocationSize, fileAttributes, shareAccess,
            disposition, createOptions, eaBuffer, eaLength, createFileType, internalParameters, options, hint);
    }

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
