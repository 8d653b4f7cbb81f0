namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Code and parameters of the bug check that stops the machine, for callbacks; zero before.</summary>
    [ExportData("KiBugCheckData", 5 * sizeof(ulong))]
    public static void InitializeKiBugCheckData(byte* storage) => new Span<ulong>(storage, 5).Clear();

    internal static void PublishBugCheck(NtKernel kernel, BugCheckReport report)
    {
        if (!kernel.Data.TryFind("KiBugCheckData", out ulong variable))
            return;
        var data = (ulong*)variable;
        data[0] = report.Code;
        data[1] = report.Parameter1;
        data[2] = report.Parameter2;
        data[3] = report.Parameter3;
        data[4] = report.Parameter4;
    }

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
