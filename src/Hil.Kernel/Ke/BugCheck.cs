namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Stops the machine; never returns.</summary>
    /// <remarks>WDK: KeBugCheckEx.</remarks>
    [Export]
    public static void KeBugCheckEx(
        uint bugCheckCode, nuint parameter1, nuint parameter2, nuint parameter3, nuint parameter4) =>
        NtKernel.Current.BugCheck(
            bugCheckCode, parameter1, parameter2, parameter3, parameter4, "the driver stopped the machine itself");

    /// <summary>As KeBugCheckEx, without parameters.</summary>
    /// <remarks>WDK: KeBugCheck.</remarks>
    [Export]
    public static void KeBugCheck(uint bugCheckCode) => KeBugCheckEx(bugCheckCode, 0, 0, 0, 0);
}
