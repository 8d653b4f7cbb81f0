using System.Diagnostics;
using System.Text.Json;
using Hil.Trace;

namespace Hil.EndToEnd.Tests.Cli;

/// <summary>`hil run` from outside: exit codes, what is printed, and that nothing is left behind.</summary>
public sealed class RunCommandTests : IDisposable
{
    private const string NeverRaised = "{ioctl: 0x222008, in: u32 0, out: any 4, as: hang}";

    private readonly string _folder = Directory.CreateTempSubdirectory("hil-run-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData()]
    [InlineData("--managed")]
    public async Task SampleMeetsAllItsExpectations(params string[] options)
    {
        (int code, string output) = await HilProcess.RunAsync(["run", Sample, .. options]);

        Assert.True(code == 0, output);
        Assert.Contains("all expectations met", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WorkloadIsRepeatedOnTheSameDriver()
    {
        string workload = Workload("- open: device", "- expect: {irps: 0}");

        (int code, string output) = await RunEduAsync(workload, "--repeat", "3");

        Assert.True(code == 0, output);
        Assert.Contains("workload 3 of 3", output, StringComparison.Ordinal);
        Assert.Equal(1, output.Split("DriverEntry returned").Length - 1);
    }

    [Fact]
    public async Task StepThatFailsIsNamedWithBothValuesAndTheRunGoesOn()
    {
        string workload = Workload("- open: device", "- {ioctl: 0x222004, in: u32 5, out: u32 121}", "- close: file");

        (int code, string output) = await RunEduAsync(workload);

        Assert.True(code == 1, output);
        Assert.Contains("out: byte 0x0 is 0x78, expected 0x79", output, StringComparison.Ordinal);
        Assert.Contains(workload + ":3", output, StringComparison.Ordinal);
        Assert.Contains("close file", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StepThatTakesTooLongFailsAndItsRequestIsCancelled()
    {
        string workload = Workload(
            "- open: device", "- {ioctl: 0x222008, in: u32 0, out: any 4, within: 200 ms}", "- expect: {cancelled: 1}");

        (int code, string output) = await RunEduAsync(workload);

        Assert.True(code == 1, output);
        Assert.Contains("not finished within 200 ms", output, StringComparison.Ordinal);
        Assert.Contains("1 of 3 steps failed", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BugCheckIsReportedWithPlaceDisassemblyAndEvents()
    {
        string workload = Workload(@"- open: \\.\HilBad", "- {ioctl: 0x222000, in: zeros 16, out: any 16}");

        (int code, string output) = await HilProcess.RunAsync("run", TestDrivers.Image("bad"), "--workload", workload);

        Assert.True(code == 2, output);
        Assert.Contains("(NullRead+0x", output, StringComparison.Ordinal);
        Assert.Contains("  => bad.sys+0x", output, StringComparison.Ordinal);
        Assert.Contains("IRP_MJ_DEVICE_CONTROL", output, StringComparison.Ordinal);
        Assert.Contains("last events", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ManagedDriverThatSpinsIsReportedByItsMethod()
    {
        string assembly = typeof(SpinningDriver).Assembly.Location;
        File.Copy(assembly, Path.Combine(_folder, Path.GetFileName(assembly)));
        string type = $"{typeof(SpinningDriver).FullName}, {Path.GetFileNameWithoutExtension(assembly)}";
        File.WriteAllText(Path.Combine(_folder, "spin.c"), "");
        File.WriteAllText(
            Path.Combine(_folder, "hil.yaml"),
            $"driver: {{name: spinning, sources: [spin.c], managed: '{type}'}}\n"
            + "workload:\n  - open: \\\\.\\HilSpinning\n  - ioctl: 0x222000\n");

        (int code, string output) = await HilProcess.RunAsync("run", _folder, "--managed", "--watchdog", "1");

        Assert.True(code == 2, output);
        Assert.Contains("DPC_WATCHDOG_VIOLATION", output, StringComparison.Ordinal);
        Assert.Contains("SpinningDriver.Spin", output, StringComparison.Ordinal);
        Assert.Contains("IRP_MJ_DEVICE_CONTROL", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TripleFaultIsTheDriversFault()
    {
        string workload = Workload(@"- open: \\.\HilBad", "- {ioctl: 0x22204c, in: zeros 16, out: any 16}");

        (int code, string output) = await HilProcess.RunAsync("run", TestDrivers.Image("bad"), "--workload", workload);

        Assert.True(code == 2, output);
        Assert.Contains("TRIPLE FAULT", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingImportIsAWarning()
    {
        (int code, string output) = await HilProcess.RunAsync("run", TestDrivers.Image("missing"));

        Assert.True(code == 0, output);
        Assert.Contains("missing imports", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KilledQemuEndsTheRunWithThePendingRequestsByName()
    {
        using HilProcess hil =
            HilProcess.Start(EduArguments(Workload("- open: device", "- " + NeverRaised, "- wait: hang")));
        await hil.SeeAsync("as hang");
        int qemu = hil.QemuId();

        HilProcess.KillProcess(qemu);

        Assert.Equal(3, await hil.WaitAsync());
        Assert.Contains("QEMU ended (signal 9)", hil.Output, StringComparison.Ordinal);
        Assert.Contains("pending: IRP #", hil.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HilProcess.Signal.Interrupt, 130)]
    [InlineData(HilProcess.Signal.Terminate, 143)]
    internal async Task SignalEndsHilAndQemu(HilProcess.Signal signal, int expected)
    {
        using HilProcess hil =
            HilProcess.Start(EduArguments(Workload("- open: device", "- " + NeverRaised, "- wait: hang")));
        await hil.SeeAsync("as hang");
        int qemu = hil.QemuId();

        hil.Send(signal);

        Assert.True(HilProcess.EndsWithinASecond(qemu), "QEMU outlived the signal");
        Assert.Equal(expected, await hil.WaitAsync());
    }

    [Fact]
    public async Task QemuDiesWithAHilThatWasKilled()
    {
        using HilProcess hil =
            HilProcess.Start(EduArguments(Workload("- open: device", "- " + NeverRaised, "- wait: hang")));
        await hil.SeeAsync("as hang");
        int qemu = hil.QemuId();

        hil.Send(HilProcess.Signal.Kill);

        Assert.True(HilProcess.EndsWithinASecond(qemu), "QEMU outlived hil");
        await hil.WaitAsync();
    }

    [Fact]
    public async Task JsonHasTheFactsOfTheRun()
    {
        (int code, string output) = await RunEduAsync(Workload("- open: device"), "--json");

        Assert.Equal(0, code);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.Equal(0, json.RootElement.GetProperty("exitCode").GetInt32());
        Assert.Equal("open device", json.RootElement.GetProperty("steps")[0].GetProperty("step").GetString());
    }

    [Theory]
    [InlineData("--qemu", "/gone/qemu")]
    [InlineData("--memory", "1")]
    [InlineData("--capture-only", "irp")]
    public async Task JsonHasTheFactsOfARunThatDidNotBegin(params string[] options)
    {
        using HilProcess hil = HilProcess.StartThrough(
            "/bin/sh", "-c", "exec \"$0\" \"$@\" 2>/dev/null",
            HilProcess.Path, "run", TestDrivers.Image("edu"), "--json", options[0], options[1]);

        Assert.Equal(3, await hil.WaitAsync());
        using JsonDocument json = JsonDocument.Parse(hil.Output);
        Assert.Equal(3, json.RootElement.GetProperty("exitCode").GetInt32());
        Assert.Single(json.RootElement.GetProperty("faults").EnumerateArray());
    }

    [Theory]
    [InlineData("run", "gone")]
    [InlineData("run", "/etc/passwd")]
    [InlineData("run", "{image}", "--qemu", "/bin/false")]
    [InlineData("run", "{image}", "--qemu", "/gone/qemu")]
    [InlineData("run", "{image}", "--device", "no-such-device")]
    [InlineData("run", "{image}", "--memory", "65M")]
    [InlineData("run", "{image}", "--repeat", "0")]
    [InlineData("run", "{image}", "--managed")]
    [InlineData("run", "{image}", "--workload", "/gone.yaml")]
    [InlineData("run", "{image}", "--workload", "/dev/zero")]
    [InlineData("run", "/dev/zero")]
    [InlineData("exports", "/etc/passwd")]
    [InlineData("exports", "/tmp")]
    [InlineData("frobnicate")]
    public async Task WrongInputIsExitCodeThreeAndNoTrace(params string[] arguments)
    {
        string image = TestDrivers.Image("bad");
        string[] actual = [.. arguments.Select(argument => argument == "{image}" ? image : argument)];

        (int code, string output) = await HilProcess.RunAsync(actual);

        Assert.True(code == 3, output);
        Assert.DoesNotContain("   at Hil.", output, StringComparison.Ordinal);
        Assert.Contains("hil: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FaultOfTheDriversFileIsReportedRatherThanOneOfQemu()
    {
        string image = Path.Combine(_folder, "not-a-driver.sys");
        File.WriteAllText(image, "MZ");

        (int code, string output) = await HilProcess.RunAsync("run", image, "--qemu", "/gone/qemu");

        Assert.True(code == 3, output);
        Assert.StartsWith($"hil: {image}", output, StringComparison.Ordinal);
        Assert.DoesNotContain("/gone/qemu", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HelpNamesTheCategoriesThatACaptureKnows()
    {
        (int code, string output) = await HilProcess.RunAsync("run", "--help");

        Assert.Equal(0, code);
        Assert.Contains($": {string.Join(", ", TraceCategories.Known)}\n", output, StringComparison.Ordinal);
    }

    /// <summary>zw.c loads rtl.sys, which lies in the folder of hil.yaml.</summary>
    [Fact]
    public async Task DriverOfAServiceComesFromTheFolderOfTheRun()
    {
        File.Copy(TestDrivers.Image("rtl"), Path.Combine(_folder, "rtl.sys"));
        File.WriteAllText(
            Path.Combine(_folder, "hil.yaml"),
            $"driver: {{name: zw, image: '{TestDrivers.Image("zw")}'}}\n"
            + "workload:\n  - open: \\\\.\\HilZw\n"
            + $"  - {{ioctl: {TestDrivers.RequestOf("zw", "ServicesAreLoadedAndUnloaded")}, out: u32 0}}\n");

        (int code, string output) = await HilProcess.RunAsync("run", _folder);

        Assert.True(code == 0, output);
        Assert.Contains("Beside: DriverEntry returned STATUS_SUCCESS", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SourceThatDoesNotCompileShowsTheCompilersWords()
    {
        File.WriteAllText(Path.Combine(_folder, "a.c"), "#error not today\n");
        File.WriteAllText(Path.Combine(_folder, "hil.yaml"), "driver: {name: broken, sources: [a.c]}\n");

        (int code, string output) = await HilProcess.RunAsync("run", _folder);

        Assert.True(code == 3, output);
        Assert.Contains("#error not today", output, StringComparison.Ordinal);
    }

    /// <summary>Built by hil, whose debug information lies beside the image, and by the compiler alone.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BugCheckPointsAtTheLine(bool isBuiltByHil)
    {
        const int FaultLine = 2, InlineCallLine = 6, CallLine = 12;
        string source = Path.Combine(_folder, "lines.c");
        File.WriteAllText(source, """
            #include <ntddk.h>
            static inline VOID Store(volatile LONG *to) { *to = 1; }

            __attribute__((noinline)) static VOID Fail(volatile LONG *to)
            {
                Store(to);
            }

            NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
            {
                volatile LONG *volatile nowhere = NULL;
                Fail(nowhere);
                return DriverObject && RegistryPath ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
            }
            """);
        File.WriteAllText(Path.Combine(_folder, "hil.yaml"), "driver: {name: lines, sources: [lines.c]}\n");
        string image = Path.Combine(_folder, "lines.sys");
        if (!isBuiltByHil)
            TestDrivers.Compile(image, source, "-O2", "-g");

        (int code, string output) = await HilProcess.RunAsync("run", isBuiltByHil ? _folder : image);

        Assert.True(code == 2, output);
        Assert.Matches(@$"  at           lines\.sys\S+ \(Fail\S*\), lines\.c line {FaultLine} in Store\n", output);
        Assert.Contains($"      inlined at lines.c line {InlineCallLine} in Fail\n", output, StringComparison.Ordinal);
        Assert.Contains($"lines.c line {CallLine} in DriverEntry\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HilProcess.Signal.Interrupt, 130)]
    [InlineData(HilProcess.Signal.Terminate, 143)]
    internal async Task SignalEndsHilThatWaitsForQemu(HilProcess.Signal signal, int expected)
    {
        string qemu = Script("qemu", "sleep 60");
        using HilProcess hil =
            HilProcess.Start("run", TestDrivers.Image("edu"), "--device", "edu", "--qemu", qemu, "--verbose");
        await hil.SeeAsync("Running edu");

        hil.Send(signal);

        Assert.True(HilProcess.EndsWithinASecond(hil.Id), "hil outlived the signal");
        Assert.Equal(expected, await hil.WaitAsync());
    }

    [Fact]
    public async Task CtrlCEndsHilWhileTheDriverIsCompiled()
    {
        Script("x86_64-w64-mingw32-gcc", "sleep 60");
        File.WriteAllText(Path.Combine(_folder, "a.c"), "");
        File.WriteAllText(Path.Combine(_folder, "hil.yaml"), "driver: {name: endless, sources: [a.c]}\n");
        using HilProcess hil = HilProcess.StartThrough(
            "/bin/sh", "-c", $"PATH={_folder}:$PATH exec {HilProcess.Path} run {_folder} --verbose");
        await hil.SeeAsync("Running endless");
        int qemu = hil.QemuId();

        hil.Send(HilProcess.Signal.Interrupt);

        Assert.True(HilProcess.EndsWithinASecond(qemu), "QEMU outlived the signal");
        Assert.True(HilProcess.EndsWithinASecond(hil.Id), "hil outlived the signal");
        Assert.Equal(130, await hil.WaitAsync());
    }

    [Fact]
    public async Task CtrlCEndsHilThatWaitsForItsImage()
    {
        string pipe = Path.Combine(_folder, "endless.sys");
        using (HilProcess make = HilProcess.StartThrough("mkfifo", pipe))
            Assert.Equal(0, await make.WaitAsync());
        using HilProcess hil = HilProcess.Start("run", pipe, "--verbose");
        await hil.SeeAsync("Running endless");

        hil.Send(HilProcess.Signal.Interrupt);

        Assert.True(HilProcess.EndsWithinASecond(hil.Id), "hil outlived the signal");
        Assert.Equal(130, await hil.WaitAsync());
    }

    [Fact]
    public async Task DoctorTellsWhatIsTooOldAndWhatFails()
    {
        Script("qemu-system-x86_64", "echo QEMU emulator version 2.5.0");
        Script("dotnet", "echo There is no home directory >&2; exit 1");
        using HilProcess hil =
            HilProcess.StartThrough("/bin/sh", "-c", $"PATH={_folder}:$PATH exec {HilProcess.Path} doctor");

        Assert.Equal(3, await hil.WaitAsync());
        Assert.Contains("too old  qemu-system-x86_64", hil.Output, StringComparison.Ordinal);
        Assert.Contains("fails    dotnet", hil.Output, StringComparison.Ordinal);
        Assert.Contains("There is no home directory", hil.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LspciShowsTheDevice()
    {
        (int code, string output) = await HilProcess.RunAsync("lspci", "-v", "--device", "edu");

        Assert.Equal(0, code);
        Assert.Contains("[1234:11e8]", output, StringComparison.Ordinal);
        Assert.Contains("[size=1M]", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DevicesHaveWhatTheyStandOn()
    {
        (int code, string output) = await HilProcess.RunAsync(
            "lspci", "--device", "nvme,serial=1,drive=disk",
            "--qemu-arg=-blockdev", "--qemu-arg=driver=null-co,node-name=disk,size=67108864");

        Assert.True(code == 0, output);
        Assert.Contains("[0108]", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileNamesWhatItsDeviceStandsOn()
    {
        File.WriteAllBytes(Path.Combine(_folder, "disk.img"), new byte[64 << 10]);
        File.WriteAllText(Path.Combine(_folder, "hil.yaml"), $$$"""
            driver: {name: stands, image: {{{TestDrivers.Image("executive")}}}}
            device:
              qemu: nvme,serial=1,drive=disk
              arguments: [-drive, "if=none,id=disk,format=raw,file={folder}/disk.img"]
            """);

        (int code, string output) = await HilProcess.RunAsync("run", _folder);

        Assert.True(code == 0, output); // QEMU refuses an NVMe controller without a drive.
    }

    private static string Sample => Path.Combine(TestDrivers.Root, "samples", "drivers", "edu");

    private static Task<(int ExitCode, string Output)> RunEduAsync(string workload, params string[] options) =>
        HilProcess.RunAsync([.. EduArguments(workload), .. options]);

    private static string[] EduArguments(string workload) =>
        ["run", TestDrivers.Image("edu"), "--device", "edu", "--interrupts", "msi", "--workload", workload];

    private string Script(string name, string command)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, $"#!/bin/sh\n{command}\n");
        using Process chmod = Process.Start("chmod", ["+x", path]);
        chmod.WaitForExit();
        return path;
    }

    private string Workload(params string[] steps)
    {
        string path = Path.Combine(_folder, "workload.yaml");
        File.WriteAllText(path, "workload:\n" + string.Concat(steps.Select(step => $"  {step}\n")));
        return path;
    }
}
