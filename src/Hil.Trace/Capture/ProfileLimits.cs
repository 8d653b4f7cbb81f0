using System.Collections.Immutable;

namespace Hil.Trace;

// A trace may come from anybody, and a replay builds a machine from its profile: what no capture writes is refused
// here, before anything is allocated or started. What the machine itself limits (memory, address) is checked where it
// is made.

/// <summary>What a profile may say.</summary>
internal static class ProfileLimits
{
    private const int FunctionsMax = 256; // One bus of 32 devices with 8 functions.
    private const int ParametersMax = 1024;
    private const int BarsMax = 6;
    private const int CapabilitiesMax = 48; // What fits into 192 bytes of configuration space.
    private const int ConfigBytes = 4096;
    private const int PinsMax = 4;
    private const uint LinesMax = 240; // Redirection entries of the largest IOAPIC.
    private const ulong FunctionAlignment = 4096;
    private const ulong EcamBytes = 256UL << 20;
    private const int Sha256Digits = 64;

    /// <exception cref="TraceReplayException">The profile says something that no capture writes.</exception>
    public static void Require(TraceProfile profile)
    {
        if (profile.Categories.IsDefault || profile.Devices.IsDefault || profile.Functions.IsDefault)
            throw Refuse("a list is missing");
        if (profile.Categories.FirstOrDefault(static name => name == null || !TraceCategories.IsKnown(name))
            is { } unknown)
            throw Refuse($"'{unknown}' is no category of records");
        if (profile.Patience <= 0)
            throw Refuse($"a watchdog of {profile.Patience} is none");
        if (profile.Functions.Length > FunctionsMax)
            throw Refuse($"{profile.Functions.Length} PCI functions, at most {FunctionsMax} are possible");
        foreach (TracedFunction function in profile.Functions)
            RequireFunction(function);
        RequireDriver(profile.Driver);
    }

    private static void RequireDriver(TracedDriver driver)
    {
        if (driver == null || string.IsNullOrEmpty(driver.File) || driver.Path == null || driver.Parameters.IsDefault)
            throw Refuse("the driver is not described");
        if (driver.Sha256?.Length != Sha256Digits || !driver.Sha256.All(char.IsAsciiHexDigit))
            throw Refuse("the driver's sha256 is none");
        if (driver.Parameters.Length > ParametersMax || driver.Parameters.Any(static one => one?.Name == null))
            throw Refuse("the driver's parameters make no sense");
    }

    private static void RequireFunction(TracedFunction function)
    {
        if (function == null || function.Bars.IsDefault || function.Capabilities.IsDefault)
            throw Refuse("a PCI function is not described");
        if (function.Address % FunctionAlignment != 0 || function.Address >= EcamBytes)
            throw Refuse($"0x{function.Address:x} is no address of a PCI function");
        if (function.InterruptPin > PinsMax || (function.InterruptPin != 0 && function.InterruptLine >= LinesMax))
            throw Refuse($"interrupt pin {function.InterruptPin}, line {function.InterruptLine} is impossible");
        if (function.Bars.Length > BarsMax || function.Bars.Any(static bar => !IsPossible(bar)))
            throw Refuse($"the BARs of the PCI function at 0x{function.Address:x} are impossible");
        if (function.Capabilities.Length > CapabilitiesMax
            || function.Capabilities.Any(static one => one.Offset is < 0 or >= ConfigBytes))
            throw Refuse($"the capabilities of the PCI function at 0x{function.Address:x} are impossible");
    }

    private static bool IsPossible(PciBar bar) =>
        bar.Index is >= 0 and < BarsMax && Enum.IsDefined(bar.Kind) && ulong.IsPow2(bar.Bytes)
        && bar.Address <= ulong.MaxValue - bar.Bytes;

    private static TraceReplayException Refuse(string what) => new($"the profile record is damaged: {what}");
}
