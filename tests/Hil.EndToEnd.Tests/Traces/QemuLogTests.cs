using Hil.EndToEnd.Tests.Cli;
using Hil.Machine.Pci;
using Hil.Trace;

namespace Hil.EndToEnd.Tests.Traces;

/// <summary>QEMU keeps its own account of every access to a device: a capture has the same ones, with the same values,
/// in the same order.</summary>
public sealed class QemuLogTests : IDisposable
{
    // The memory regions that a driver's accesses end in, by the names that QEMU has for them.
    private static readonly Dictionary<string, string> s_spaces = new()
    {
        ["'edu-mmio'"] = "memory",
        ["'pcie-mmcfg-mmio'"] = "config",
        ["'rtc-index'"] = "port", // 0x70
        ["'rtc'"] = "port", // 0x71
    };

    // Bytes, alone and as a string. The registers are the seconds alarm, which nobody uses, and the battery-backed RAM.
    private const string UsesPorts = """
            UCHAR first[4] = { 1, 2, 3, 4 };
            ULONG id = 0;
            enum { Pci = 4 };
            extern ULONG HalGetBusDataByOffset(ULONG, ULONG, ULONG, PVOID, ULONG, ULONG);
            extern ULONG HalSetBusDataByOffset(ULONG, ULONG, ULONG, PVOID, ULONG, ULONG);
            __outbyte(0x70, 0x01);
            __outbyte(0x71, 0x23);
            if (__inbyte(0x71) != 0x23) return STATUS_UNSUCCESSFUL;
            __outbyte(0x70, 0x40);
            __outbytestring(0x71, first, 4);
            __inbytestring(0x71, first, 4);
            if (first[0] != 4 || first[3] != 4) return STATUS_UNSUCCESSFUL;
            HalGetBusDataByOffset(Pci, 0, 1, &id, 0, 4);
            if (id != 0x11e81234) return STATUS_UNSUCCESSFUL;
            HalSetBusDataByOffset(Pci, 0, 1, first, 0x3c, 1);

        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hil-log-");

    private static string Sample => Path.Combine(TestDrivers.Root, "samples", "drivers", "edu");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData()]
    [InlineData("--managed")]
    public async Task RegisterAndConfigurationRecordsAreWhatQemuLogged(params string[] options)
    {
        (List<string> captured, List<string> logged) = await CaptureAsync([Sample, .. options]);
        // Enumerating the bus is not the driver's, nor the kernel's: it is all there is without a
        // driver for the device.
        (List<string> capturedWithout, List<string> enumeration) = await CaptureAsync(
            [TestDrivers.Image("waits"), "--device", "edu"]);

        Assert.Empty(capturedWithout);
        Assert.InRange(captured.Count(static access => access.StartsWith("config", StringComparison.Ordinal)), 20, 100);
        Assert.True(captured.Count > 3000, "the workload raises a thousand interrupts");
        Assert.Equal(logged, [.. enumeration, .. captured]);
    }

    [Fact]
    public async Task PortRecordsAreWhatQemuLogged()
    {
        string image = new DriverVariant(
            "edu-ports",
            ("edu.c", "    DriverObject->DriverUnload", UsesPorts + "    DriverObject->DriverUnload"))
            .Build(_folder.FullName);

        (List<string> captured, List<string> logged) = await CaptureAsync([image, "--device", "edu"]);

        Assert.Equal(12, captured.Count(static access => access.StartsWith("port", StringComparison.Ordinal)));
        Assert.Equal(logged[^captured.Count..], captured);
        Assert.DoesNotContain(
            logged[..^captured.Count], static access => access.StartsWith("port", StringComparison.Ordinal));
    }

    // What a capture has, and what QEMU's log has.
    private async Task<(List<string> Captured, List<string> Logged)> CaptureAsync(string[] run)
    {
        string log = PathOf("qemu.log"), trace = PathOf("run.hiltrace");
        (int exitCode, string output) = await HilProcess.RunAsync(
        [
            "run", .. run, "--capture", trace,
            "--qemu-arg=-trace", "--qemu-arg=memory_region_ops_read",
            "--qemu-arg=-trace", "--qemu-arg=memory_region_ops_write", "--qemu-arg=-D", $"--qemu-arg={log}",
        ]);
        Assert.True(exitCode == 0, output);
        return (ReadTrace(trace), ReadLog(log));
    }

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);

    // …memory_region_ops_read cpu 0 mr 0x… addr 0x… value 0x… size 4 name 'edu-mmio'
    private static List<string> ReadLog(string path)
    {
        const string Event = "memory_region_ops_";
        List<string> accesses = [];
        foreach (string line in File.ReadLines(path))
        {
            if (!s_spaces.TryGetValue(line[(line.LastIndexOf(' ') + 1)..], out string? space))
                continue;
            string[] words = line[(line.IndexOf(Event, StringComparison.Ordinal) + Event.Length)..].Split(' ');
            accesses.Add($"{space} {words[0]} {words[6]} {words[8]} {words[10]}");
        }
        return accesses;
    }

    private static List<string> ReadTrace(string path)
    {
        List<string> accesses = [];
        using TraceReader reader = TraceReader.Open(path);
        using TraceCursor cursor = reader.OpenCursor();
        while (cursor.MoveNext())
        {
            if (cursor.Kind is TraceKind.Read or TraceKind.Write)
                accesses.Add(Access(cursor.Site(cursor[0]), cursor[1]));
            else if (cursor.Kind is TraceKind.ReadBlock or TraceKind.WriteBlock)
                AddBlock(accesses, cursor.Site(cursor[0]), cursor.Data);
        }
        return accesses;
    }

    private static void AddBlock(List<string> accesses, TraceSite site, ReadOnlySpan<byte> data)
    {
        Assert.Equal(1, site.Width);
        foreach (byte value in data)
            accesses.Add(Access(site, value));
    }

    private static string Access(TraceSite site, ulong value)
    {
        (string space, ulong address) = site.Space switch
        {
            TraceSite.PortSpace => ("port", site.Address),
            TraceSite.ConfigSpace => ("config", PciEcam.Base + site.Address),
            _ => ("memory", site.Address),
        };
        return $"{space} {(site.IsWrite ? "write" : "read")} 0x{address:x} 0x{value:x} {site.Width}";
    }
}
