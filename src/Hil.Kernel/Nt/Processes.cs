namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <inheritdoc cref="ZwOpenProcess"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtOpenProcess(
        void** processHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes, CLIENT_ID* clientId) =>
        ZwOpenProcess(processHandle, desiredAccess, objectAttributes, clientId);

    /// <inheritdoc cref="ZwQueryInformationProcess"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtQueryInformationProcess(
        void* processHandle, uint processInformationClass, void* processInformation, uint processInformationLength,
        uint* returnLength) =>
        ZwQueryInformationProcess(
            processHandle, processInformationClass, processInformation, processInformationLength, returnLength);

    /// <inheritdoc cref="ZwSetInformationThread"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtSetInformationThread(
        void* threadHandle, uint threadInformationClass, void* threadInformation, uint threadInformationLength) =>
        ZwSetInformationThread(threadHandle, threadInformationClass, threadInformation, threadInformationLength);

    /// <inheritdoc cref="ZwPowerInformation"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtPowerInformation(
        uint informationLevel, void* inputBuffer, uint inputBufferLength, void* outputBuffer,
        uint outputBufferLength) =>
        ZwPowerInformation(informationLevel, inputBuffer, inputBufferLength, outputBuffer, outputBufferLength);
}
