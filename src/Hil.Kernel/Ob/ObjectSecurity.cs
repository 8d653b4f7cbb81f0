namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>An object's security descriptor. Objects have none here, which is one of the answers a caller must be
    /// ready for.</summary>
    /// <returns>STATUS_SUCCESS, with a null descriptor.</returns>
    /// <remarks>WDK: ObGetObjectSecurity.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ObGetObjectSecurity(void* @object, void** securityDescriptor, BOOLEAN* memoryAllocated)
    {
        NtKernel.Current.Objects.Require(@object);
        *securityDescriptor = null;
        *memoryAllocated = false;
        return STATUS_SUCCESS;
    }

    /// <summary>Gives back what ObGetObjectSecurity gave.</summary>
    /// <remarks>WDK: ObReleaseObjectSecurity.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void ObReleaseObjectSecurity(void* securityDescriptor, BOOLEAN memoryAllocated)
    {
        if (memoryAllocated)
            ExFreePool(securityDescriptor);
    }
}
