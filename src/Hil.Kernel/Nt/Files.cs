namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <inheritdoc cref="ZwCreateFile"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtCreateFile(
        void** fileHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes, IO_STATUS_BLOCK* ioStatusBlock,
        long* allocationSize, uint fileAttributes, uint shareAccess, uint createDisposition, uint createOptions,
        void* eaBuffer, uint eaLength) =>
        ZwCreateFile(
            fileHandle, desiredAccess, objectAttributes, ioStatusBlock, allocationSize, fileAttributes, shareAccess,
            createDisposition, createOptions, eaBuffer, eaLength);

    /// <inheritdoc cref="ZwOpenFile"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtOpenFile(
        void** fileHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes, IO_STATUS_BLOCK* ioStatusBlock,
        uint shareAccess, uint openOptions) =>
        ZwOpenFile(fileHandle, desiredAccess, objectAttributes, ioStatusBlock, shareAccess, openOptions);

    /// <inheritdoc cref="ZwReadFile"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtReadFile(
        void* fileHandle, void* @event, DriverRoutine apcRoutine, void* apcContext, IO_STATUS_BLOCK* ioStatusBlock,
        void* buffer, uint length, long* byteOffset, uint* key) =>
        ZwReadFile(fileHandle, @event, apcRoutine, apcContext, ioStatusBlock, buffer, length, byteOffset, key);

    /// <inheritdoc cref="ZwWriteFile"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtWriteFile(
        void* fileHandle, void* @event, DriverRoutine apcRoutine, void* apcContext, IO_STATUS_BLOCK* ioStatusBlock,
        void* buffer, uint length, long* byteOffset, uint* key) =>
        ZwWriteFile(fileHandle, @event, apcRoutine, apcContext, ioStatusBlock, buffer, length, byteOffset, key);

    /// <inheritdoc cref="ZwDeviceIoControlFile"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtDeviceIoControlFile(
        void* fileHandle, void* @event, DriverRoutine apcRoutine, void* apcContext, IO_STATUS_BLOCK* ioStatusBlock,
        uint ioControlCode, void* inputBuffer, uint inputBufferLength, void* outputBuffer, uint outputBufferLength) =>
        ZwDeviceIoControlFile(
            fileHandle, @event, apcRoutine, apcContext, ioStatusBlock, ioControlCode, inputBuffer, inputBufferLength,
            outputBuffer, outputBufferLength);

    /// <inheritdoc cref="ZwQueryInformationFile"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtQueryInformationFile(
        void* fileHandle, IO_STATUS_BLOCK* ioStatusBlock, void* fileInformation, uint length,
        FILE_INFORMATION_CLASS fileInformationClass) =>
        ZwQueryInformationFile(fileHandle, ioStatusBlock, fileInformation, length, fileInformationClass);

    /// <inheritdoc cref="ZwSetInformationFile"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtSetInformationFile(
        void* fileHandle, IO_STATUS_BLOCK* ioStatusBlock, void* fileInformation, uint length,
        FILE_INFORMATION_CLASS fileInformationClass) =>
        ZwSetInformationFile(fileHandle, ioStatusBlock, fileInformation, length, fileInformationClass);

    /// <inheritdoc cref="ZwQueryVolumeInformationFile"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtQueryVolumeInformationFile(
        void* fileHandle, IO_STATUS_BLOCK* ioStatusBlock, void* fsInformation, uint length, uint fsInformationClass) =>
        ZwQueryVolumeInformationFile(fileHandle, ioStatusBlock, fsInformation, length, fsInformationClass);
}
