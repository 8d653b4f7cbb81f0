using System.Globalization;
using System.Text.RegularExpressions;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Testing;
using Hil.Wdm;

namespace Hil.EndToEnd.Tests;

/// <summary>Each line of tests/drivers/faults.txt: a driver that breaks a rule stops the machine with Windows' own
/// code, and the report points at the function.</summary>
public sealed partial class BadDriverTests
{
    private const uint FirstControl = 0x222000;
    private const string AtUnload = "unload:";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Faults
    {
        get
        {
            var faults = new TheoryData<string>();
            foreach (string line in File.ReadLines(Path.Combine(TestDrivers.Sources, "faults.txt")))
            {
                if (line.Length > 0 && line[0] != '#')
                    faults.Add(line);
            }
            return faults;
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task ABrokenRuleEndsAsTheTableSays(string line)
    {
        Match fault = Line().Match(line);
        Assert.True(fault.Success, $"not a line of faults.txt: {line}");
        uint control = FirstControl + 4 * uint.Parse(fault.Groups["number"].Value, CultureInfo.InvariantCulture);
        await using HilRig rig = await HilRig.StartAsync(new HilRigOptions
        {
            Driver = TestDrivers.Image("bad"),
            Watchdog = TimeSpan.FromSeconds(1),
        });
        HilFile file = await rig.OpenAsync(@"\\.\HilBad");

        switch (fault.Groups["outcome"].Value)
        {
            case "pending":
                await ExpectPendingAsync(file, control);
                break;
            case "triple-fault":
                Assert.Equal(NtStatus.STATUS_DEVICE_DOES_NOT_EXIST, (await AskAsync(file, control)).Status);
                Assert.True(Assert.IsType<MachineLostException>(rig.Kernel.Scheduler.StoppedBy).IsTripleFault);
                break;
            case var outcome when outcome.StartsWith(AtUnload, StringComparison.Ordinal):
                Assert.Equal(NtStatus.STATUS_SUCCESS, (await AskAsync(file, control)).Status);
                await file.DisposeAsync();
                ExpectReport(rig, Assert.Throws<BugCheckException>(() => rig.Unload()).Report, fault);
                break;
            default:
                var stopped = await Assert.ThrowsAsync<BugCheckException>(() => AskAsync(file, control));
                ExpectReport(rig, stopped.Report, fault);
                break;
        }
    }

    private static async Task ExpectPendingAsync(HilFile file, uint control)
    {
        using var cancellation = new CancellationTokenSource();
        Task<IoResult> request = file.DeviceIoControlAsync(control, default, default, cancellation.Token);
        // A request that completes at once would be over long before another one has gone there and back.
        await Task.WhenAny(request, file.ReadAsync(new byte[1]));
        Assert.False(request.IsCompleted);
    }

    private static Task<IoResult> AskAsync(HilFile file, uint control) =>
        file.DeviceIoControlAsync(control, new byte[16], new byte[16]).WaitAsync(s_patience);

    private static void ExpectReport(HilRig rig, BugCheckReport report, Match fault)
    {
        string outcome = fault.Groups["outcome"].Value;
        uint code = Convert.ToUInt32(outcome.Replace(AtUnload, "", StringComparison.Ordinal), 16);
        Assert.True(code == report.Code, $"bug check 0x{report.Code:x}, expected 0x{code:x}: {report.Reason}");
        Assert.Contains(
            fault.Groups["words"].Value, report.Reason + " " + report.Irql, StringComparison.OrdinalIgnoreCase);
        string function = fault.Groups[fault.Groups["function"].Success ? "function" : "name"].Value;
        IEnumerable<string> places =
            report.StackTrace.Prepend(report.Rip).Select(rig.Kernel.Modules.Describe).Append(report.Reason);
        Assert.Contains(places, place => place.Contains(function, StringComparison.Ordinal));
        Assert.NotEmpty(report.LastEvents);
    }

    [GeneratedRegex(@"^(?<number>\d+)\s+(?<name>\w+)\s+(?<outcome>\S+)"
        + @"(\s+(?<words>\S+( \S+)*))?(\s{2,}at (?<function>\w+))?\s*$")]
    private static partial Regex Line();
}
