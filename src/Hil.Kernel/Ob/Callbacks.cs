namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const ushort FilterVersion = 0x0100; // OB_FLT_REGISTRATION_VERSION

    /// <summary>Registers routines for operations on process and thread handles.</summary>
    /// <returns>STATUS_INVALID_PARAMETER for another version; else STATUS_ACCESS_DENIED, which is for routines that lie
    /// in no signed image: Hil checks no signature and takes no image for signed.</returns>
    /// <remarks>WDK: ObRegisterCallbacks.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS ObRegisterCallbacks(ushort* callbackRegistration, void** registrationHandle) =>
        *callbackRegistration == FilterVersion ? STATUS_ACCESS_DENIED : STATUS_INVALID_PARAMETER;

    /// <summary>Undoes ObRegisterCallbacks, which never succeeds: any handle is a wild one.</summary>
    /// <remarks>WDK: ObUnRegisterCallbacks.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ObUnRegisterCallbacks(void* registrationHandle) =>
        NtKernel.Current.BugCheck(
            BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, (ulong)registrationHandle, 0, Processor.Current.DriverRip, 0,
            $"ObUnRegisterCallbacks of 0x{(ulong)registrationHandle:x}, which is no registration");

    /// <summary>The version that ObRegisterCallbacks takes.</summary>
    /// <remarks>WDK: ObGetFilterVersion.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static ushort ObGetFilterVersion() => FilterVersion;
}
