namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <inheritdoc cref="ZwCreateSection"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtCreateSection(
        void** sectionHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes, long* maximumSize,
        uint sectionPageProtection, uint allocationAttributes, void* fileHandle) =>
        ZwCreateSection(
            sectionHandle, desiredAccess, objectAttributes, maximumSize, sectionPageProtection, allocationAttributes,
            fileHandle);

    /// <inheritdoc cref="ZwMapViewOfSection"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtMapViewOfSection(
        void* sectionHandle, void* processHandle, void** baseAddress, nuint zeroBits, nuint commitSize,
        long* sectionOffset, nuint* viewSize, uint inheritDisposition, uint allocationType, uint win32Protect) =>
        ZwMapViewOfSection(
            sectionHandle, processHandle, baseAddress, zeroBits, commitSize, sectionOffset, viewSize,
            inheritDisposition, allocationType, win32Protect);
}
