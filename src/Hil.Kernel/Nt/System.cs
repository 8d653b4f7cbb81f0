namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <inheritdoc cref="ZwQuerySystemInformation"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtQuerySystemInformation(
        uint systemInformationClass, void* systemInformation, uint systemInformationLength, uint* returnLength) =>
        ZwQuerySystemInformation(
            systemInformationClass, systemInformation, systemInformationLength, returnLength);
}
