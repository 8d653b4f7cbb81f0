using Microsoft.Extensions.Options;

namespace Hil.Host;

/// <summary>Refuses options that no file can make right.</summary>
public sealed class RunOptionsValidator : IValidateOptions<RunOptions>
{
    private const ulong MemoryMin = 64 << 20;
    private const ulong MemoryMax = 2UL << 30;
    private const ulong MemoryStep = 2 << 20;
    private static readonly TimeSpan s_watchdogMax = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, RunOptions options)
    {
        var failures = new List<string>();
        if (options.Target.Length == 0)
            failures.Add(RunPlan.Targets);
        if (options.Repeat < 1)
            failures.Add("--repeat must be a whole number from 1 to 2147483647");
        if (options.Watchdog is { } watchdog && (watchdog <= TimeSpan.Zero || watchdog > s_watchdogMax))
            failures.Add("--watchdog must be more than 0 and at most 86400 seconds");
        if (options.MemoryBytes is { } memory && (memory is < MemoryMin or > MemoryMax || memory % MemoryStep != 0))
            failures.Add("--memory must be 64M to 2G, a multiple of 2M");
        if (options.IsManaged && IsImage(options.Target))
            failures.Add("--managed takes a folder whose hil.yaml names a managed driver, not a .sys file");
        foreach (string device in options.Devices)
        {
            if (string.IsNullOrWhiteSpace(device) || device.StartsWith('-'))
                failures.Add($"--device must be what follows -device on QEMU's command line, not '{device}'");
        }
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    /// <summary>Whether a target is a driver image rather than a folder.</summary>
    internal static bool IsImage(string target) =>
        !Directory.Exists(target) && File.Exists(target) && Path.GetFileName(target) != HilYaml.FileName;
}
