namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Tells whether the caller has a privilege. Kernel mode has all; user mode is the local system
    /// account.</summary>
    /// <remarks>WDK: SeSinglePrivilegeCheck.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN SeSinglePrivilegeCheck(ulong privilegeValue, KPROCESSOR_MODE previousMode) => true;
}
