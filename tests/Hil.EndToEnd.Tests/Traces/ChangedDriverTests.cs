using Hil.EndToEnd.Tests.Cli;
using Hil.Host;
using Hil.Kernel;
using Hil.Loader;
using Hil.Wdm;

namespace Hil.EndToEnd.Tests.Traces;

/// <summary>`hil replay --driver`: a driver that talks to its device in another way is caught, and one that was only
/// written in another way is not.</summary>
[Collection(nameof(TraceCollection))]
public sealed class ChangedDriverTests : IClassFixture<GoldenTraces>, IDisposable
{
    private const string ReadStatus =
        "(EduRead(edu, EDU_STATUS) & EDU_STATUS_COMPUTING))\n            return STATUS_PENDING;";
    private const string ConfigReads = "HalGetBusDataByOffset(4, 0, 0, &word, 0, 4); "
        + "HalGetBusDataByOffset(4, 0, 0, &word, 8, 4);";

    private const string OtherConfigReads = "HalGetBusDataByOffset(4, 0, 0, &word, 8, 4); "
        + "HalGetBusDataByOffset(4, 0, 0, &word, 0, 4);";

    private static readonly DriverVariant s_original = new("edu-original");

    private static readonly DriverVariant s_polls = new(
        "edu-polls",
        ("control.c", ReadStatus, "((EduRead(edu, EDU_STATUS) | EduRead(edu, EDU_STATUS)) & EDU_STATUS_COMPUTING))\n"
            + "            return STATUS_PENDING;"));

    private readonly string _folder = Directory.CreateTempSubdirectory("hil-changed-").FullName;

    /// <summary>Name, file, text, its replacement, what the replay must say.</summary>
    public static TheoryData<string, string, string, string, string> Changes => new()
    {
        {
            "edu-more", "device.c", "    if (EduIsTransfer(Irp))\n",
            "    EduWrite(edu, EDU_LIVENESS, 1);\n    if (EduIsTransfer(Irp))\n",
            "actual       write site=* BAR0+0x4, 4 bytes, at edu-more.sys+0x* (EduStartIo+0x*) value=0x1"
        },
        {
            "edu-no-acknowledge", "device.c", "    EduWrite(edu, EDU_INTERRUPT_ACKNOWLEDGE, status);\n", "",
            "expected     write site=* BAR0+0x64, 4 bytes, at edu.sys+0x* (EduMessageInterrupt+0x*) value=0x1"
        },
        {
            "edu-other-value", "control.c", "EDU_INTERRUPT_RAISE, value", "EDU_INTERRUPT_RAISE, value | 0x1000",
            "actual       write site=* BAR0+0x60, 4 bytes, at * value=0x1040"
        },
        {
            "edu-other-order", "transfer.c",
            "    EduWrite(edu, EDU_DMA_COUNT, length);\n    EduWrite(edu, EDU_DMA_COMMAND",
            "    EduWrite(edu, EDU_DMA_COMMAND, 0);\n    EduWrite(edu, EDU_DMA_COUNT, length);\n"
                + "    EduWrite(edu, EDU_DMA_COMMAND",
            "expected     write site=* BAR0+0x90, 4 bytes, at *"
        },
        {
            "edu-other-status", "control.c", "EDU_FACTORIAL_MAX ? STATUS_INVALID_PARAMETER",
            "EDU_FACTORIAL_MAX ? STATUS_NOT_SUPPORTED",
            "expected     request-done * status=*"
        },
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, MemberData(nameof(Changes))]
    public async Task ChangedConversationIsCaughtAndShown(string name, string file, string from, string to, string said)
    {
        string image = new DriverVariant(name, (file, from, to)).Build(_folder);

        (int code, string output) = await ReplayAsync(GoldenTraces.PathOf(EduKind.Native), image);

        Assert.True(code == 1, output);
        Assert.Contains("warning: another build of the driver: sha256 ", output, StringComparison.Ordinal);
        Assert.Matches(
            System.Text.RegularExpressions.Regex.Escape(said).Replace("\\*", ".*", StringComparison.Ordinal), output);
        Assert.Contains("  IRP          ", output, StringComparison.Ordinal);
        Assert.Matches($"{name}\\.sys\\+0x[0-9a-f]+ \\(Edu", output);
        if (name != "edu-other-status") // That is found when the request has ended, which no driver code does.
            Assert.Matches($"  at           ({name}\\.sys\\+0x[0-9a-f]+) \\(Edu(.*\n)*.*=> \\1 .*\\[r..\\+", output);
        Assert.Contains("records before", output, StringComparison.Ordinal);
        Assert.Contains("not the same run", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ChangedConversationOfAManagedDriverPointsAtItsLine()
    {
        using var replay = new TraceReplay(new ReplayOptions
        {
            TracePath = GoldenTraces.PathOf(EduKind.Managed),
            ManagedDriver = static () => new TalkativeDriver(),
        });

        ReplayResult result = await replay.RunAsync();

        Assert.Contains(
            DivergenceText.Lines(replay, result),
            static line => line.StartsWith(
                "  at           TalkativeDriver.DriverEntry, ChangedDriverTests.cs line ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("edu-prints", "device.c", "    if (EduIsTransfer(Irp))\n",
        "    DbgPrint(\"edu: StartIo\\n\");\n    if (EduIsTransfer(Irp))\n")]
    [InlineData("edu-allocates", "device.c", "    if (EduIsTransfer(Irp))\n",
        "    ExFreePool(ExAllocatePoolWithTag(NonPagedPool, 5000, 'xtra'));\n    if (EduIsTransfer(Irp))\n")]
    public async Task DriverThatIsOnlyWrittenInAnotherWayPasses(string name, string file, string from, string to)
    {
        string image = new DriverVariant(name, (file, from, to)).Build(_folder);

        (int code, string output) = await ReplayAsync(GoldenTraces.PathOf(EduKind.Native), image);

        Assert.True(code == 0, output);
        Assert.Contains("the same run", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BuffersThatLieElsewherePass()
    {
        string image = new DriverVariant(
            "edu-holds",
            ("edu.c", "    PAGED_CODE();\n    UNREFERENCED_PARAMETER(DriverObject);\n",
                "    UNREFERENCED_PARAMETER(DriverObject);\n    ExFreePool(Held);\n"),
            ("edu.c", "static VOID EduUnload(PDRIVER_OBJECT DriverObject)\n{",
                "static PVOID Held;\nstatic VOID EduUnload(PDRIVER_OBJECT DriverObject)\n{"),
            ("edu.c", "    DriverObject->DriverUnload",
                "    Held = ExAllocatePoolWithTag(NonPagedPool, 20000, 'held');\n    DriverObject->DriverUnload"))
            .Build(_folder);

        (int code, string output) = await ReplayAsync(GoldenTraces.PathOf(EduKind.Native), image);

        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task OnePollMorePassesOnlyARelaxedReplay() =>
        await RequireRelaxedAsync(GoldenTraces.PathOf(EduKind.Native), s_polls.Build(_folder));

    [Fact]
    public async Task OnePollLessPassesOnlyARelaxedReplay() =>
        await RequireRelaxedAsync(await CaptureAsync(s_polls), s_original.Build(_folder));

    [Fact]
    public async Task OtherOrderOfConfigurationReadsPassesOnlyARelaxedReplay()
    {
        string trace = await CaptureAsync(ReadsConfig("edu-config", ConfigReads));

        await RequireRelaxedAsync(trace, ReadsConfig("edu-config-other", OtherConfigReads).Build(_folder));
    }

    /// <summary>Only reads of configuration space may change places, never what the device is told.</summary>
    [Fact]
    public async Task OtherOrderOfRegisterWritesIsCaughtByARelaxedReplay()
    {
        const string Status = "    EduWrite(edu, EDU_STATUS, EDU_STATUS_INTERRUPT_WHEN_COMPUTED);\n";
        const string Factorial = "    EduWrite(edu, EDU_FACTORIAL, n);\n";
        string image = new DriverVariant("edu-swapped", ("control.c", Status + Factorial, Factorial + Status))
            .Build(_folder);

        (int code, string output) = await ReplayAsync(GoldenTraces.PathOf(EduKind.Native), image, "--relaxed");

        Assert.True(code == 1, output);
        Assert.Contains("  expected     write site=", output, StringComparison.Ordinal);
        Assert.Contains("  actual       write site=", output, StringComparison.Ordinal);
    }

    private static DriverVariant ReadsConfig(string name, string reads) => new(
        name,
        ("edu.c", "    DriverObject->DriverUnload",
            "    ULONG word;\n    extern ULONG HalGetBusDataByOffset(ULONG, ULONG, ULONG, PVOID, ULONG, ULONG);\n    "
            + reads + "\n    DriverObject->DriverUnload"));

    private static async Task RequireRelaxedAsync(string trace, string image)
    {
        (int strict, string strictOutput) = await ReplayAsync(trace, image);
        (int relaxed, string relaxedOutput) = await ReplayAsync(trace, image, "--relaxed");

        Assert.True(strict == 1, strictOutput);
        Assert.True(relaxed == 0, relaxedOutput);
    }

    private static Task<(int ExitCode, string Output)> ReplayAsync(
        string trace, string image, params string[] options) =>
        HilProcess.RunAsync(["replay", trace, "--driver", image, .. options]);

    private async Task<string> CaptureAsync(DriverVariant variant)
    {
        string workload = Path.Combine(_folder, "workload.yaml");
        File.WriteAllText(
            workload, "workload:\n  - open: device\n  - {ioctl: 0x222004, in: u32 5, out: u32 120}\n  - close: file\n");
        string trace = Path.Combine(_folder, "run.hiltrace");
        (int code, string output) = await HilProcess.RunAsync(
            "run", variant.Build(_folder), "--device", "edu", "--interrupts", "msi", "--workload", workload,
            "--capture", trace);
        Assert.True(code == 0, output);
        return trace;
    }

    private sealed unsafe class TalkativeDriver : ManagedDriver
    {
        protected override NTSTATUS DriverEntry(DRIVER_OBJECT* driverObject, UNICODE_STRING* registryPath)
        {
            DeviceAccess.WRITE_PORT_UCHAR((byte*)0x80, 1);
            return NtStatus.STATUS_SUCCESS;
        }
    }
}
