using System.Diagnostics;
using System.Runtime.Versioning;
using Hil.Kernel.Platform;
using Hil.Machine.Qemu;

namespace Hil.Machine.Tests.Qemu;

public sealed class QemuProcessTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly TestFirmware _firmware = new();
    private readonly string _runtime = Directory.CreateTempSubdirectory("hil-runtime-").FullName;

    public void Dispose()
    {
        _firmware.Dispose();
        Directory.Delete(_runtime, recursive: true);
    }

    [Fact]
    public async Task QemuGreetsWithItsVersionAndRuns()
    {
        using QemuProcess qemu = await QemuProcess.StartAsync(Options());

        Assert.True(qemu.Version >= new Version(6, 0));
        Assert.Equal("running", (await qemu.Qmp.ExecuteAsync("query-status")).GetProperty("status").GetString());
        Assert.Null(qemu.Loss);
    }

    [Fact]
    public async Task SharedFileIsTheGuestsMemory()
    {
        using var memory = new SharedMemory(32 << 20);
        using QemuProcess qemu = await QemuProcess.StartAsync(
            Options() with { MemoryPath = memory.Path, MemoryBytes = (ulong)memory.Bytes.Length });

        memory.Bytes[0x12345] = 0xA7;
        qemu.Qtest.WriteMemory(0x0200_0000 - 4, 4, 0xCAFE_F00D);

        Assert.Equal(0xA7UL, qemu.Qtest.ReadMemory(0x12345, 1));
        Assert.Equal(0xCAFE_F00Du, BitConverter.ToUInt32(memory.Bytes[^4..]));
    }

    [Fact]
    public async Task DisposeReapsQemu()
    {
        QemuProcess qemu = await QemuProcess.StartAsync(Options());
        int id = qemu.Id;

        qemu.Dispose();

        Assert.False(IsAlive(id));
    }

    [Fact]
    public async Task DisposeIsNoLoss()
    {
        QemuProcess qemu = await QemuProcess.StartAsync(Options());
        int losses = 0;
        qemu.OnLost(_ => losses++);

        qemu.Dispose();

        Assert.Equal(0, losses);
    }

    [Fact]
    public async Task KilledQemuIsReportedAtOnce()
    {
        using QemuProcess qemu = await QemuProcess.StartAsync(Options());
        var lost = new TaskCompletionSource<MachineLostException>();
        qemu.OnLost(lost.SetResult);
        long start = Stopwatch.GetTimestamp();

        Process.GetProcessById(qemu.Id).Kill();
        MachineLostException loss = await lost.Task.WaitAsync(s_patience);

        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(1));
        Assert.False(loss.IsTripleFault);
        Assert.Contains("signal 9", loss.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WaitersOfAKilledQemuGetItsLastWords()
    {
        using QemuProcess qemu = await QemuProcess.StartAsync(Options());
        Process.GetProcessById(qemu.Id).Kill();

        var thrown = Assert.Throws<MachineLostException>(() => ReadUntilLost(qemu));

        Assert.Contains("signal 9", thrown.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<IOException>(() => qemu.Qmp.ExecuteAsync("query-status"));
        Assert.Equal(DoorbellEvent.Closed, qemu.Doorbell.Wait(-1));
    }

    [Fact]
    public async Task ListenerThatComesLateIsCalledAtOnce()
    {
        using QemuProcess qemu = await QemuProcess.StartAsync(Options());
        var lost = new TaskCompletionSource();
        qemu.OnLost(_ => lost.SetResult());
        Process.GetProcessById(qemu.Id).Kill();
        await lost.Task.WaitAsync(s_patience);

        MachineLostException? told = null;
        qemu.OnLost(loss => told = loss);

        Assert.Same(qemu.Loss, told);
    }

    [Fact]
    public async Task QemuThatQuitsIsALoss()
    {
        using QemuProcess qemu = await QemuProcess.StartAsync(Options());
        var lost = new TaskCompletionSource<MachineLostException>();
        qemu.OnLost(lost.SetResult);

        await qemu.Qmp.ExecuteAsync("quit");

        Assert.False((await lost.Task.WaitAsync(s_patience)).IsTripleFault);
    }

    [Fact]
    public async Task TripleFaultIsSeenAsSuchEvenBeforeWeListen()
    {
        // lidt cs:[8] loads the six zero bytes behind the code: a limit of zero. int3 has no gate then, nor have the
        // faults that follow from it.
        byte[] code = [0x2E, 0x0F, 0x01, 0x1E, 0x08, 0x00, 0xCC, 0xF4, 0, 0, 0, 0, 0, 0];
        using var firmware = new TestFirmware(code);
        using QemuProcess qemu = await QemuProcess.StartAsync(Options() with { FirmwarePath = firmware.Path });
        var lost = new TaskCompletionSource<MachineLostException>();
        qemu.OnLost(lost.SetResult);

        MachineLostException loss = await lost.Task.WaitAsync(s_patience);

        Assert.True(loss.IsTripleFault);
        Assert.Contains("triple fault", loss.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GuestRingsTheDoorbellThroughItsPort()
    {
        // mov al, 1; out 0xE9, al; hlt
        using var firmware = new TestFirmware(0xB0, 0x01, 0xE6, 0xE9, 0xF4);
        using QemuProcess qemu = await QemuProcess.StartAsync(Options() with { FirmwarePath = firmware.Path });

        Assert.Equal(DoorbellEvent.Guest, qemu.Doorbell.Wait(20_000_000_000));
        Assert.Equal(DoorbellEvent.Timeout, qemu.Doorbell.Wait(0));
    }

    [Fact]
    public async Task WakeBeforeWaitIsNotLost()
    {
        using QemuProcess qemu = await QemuProcess.StartAsync(Options());

        qemu.Doorbell.Wake();
        qemu.Doorbell.Wake();

        Assert.Equal(DoorbellEvent.Host, qemu.Doorbell.Wait(-1));
        Assert.Equal(DoorbellEvent.Timeout, qemu.Doorbell.Wait(0));
    }

    [Fact]
    public async Task SigkillOfTheHostEndsQemuWithinASecondAndLeavesNoFile()
    {
        using DoomedHost host = await DoomedHost.StartAsync(_runtime);
        Assert.True(IsAlive(host.QemuId));
        long start = Stopwatch.GetTimestamp();

        host.Kill();
        while (IsAlive(host.QemuId) && Stopwatch.GetElapsedTime(start) < s_patience)
            Thread.Yield();

        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(1));
        Assert.Empty(Directory.GetFileSystemEntries(_runtime));
    }

    [Fact]
    public async Task MissingQemuSaysWhatToInstall()
    {
        var thrown = await Assert.ThrowsAsync<MachineStartException>(
            () => QemuProcess.StartAsync(Options() with { QemuPath = "qemu-that-is-not-there" }));

        Assert.Contains("apt-get install qemu-system-x86", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("case $1 in --version) echo QEMU emulator version 4.2.1;; *) echo no such option; exit 1;; esac",
        "no such option\nQEMU 4.2.1 is too old, 6.0 or newer is needed; install it with: apt-get install")]
    [InlineData("kill -SEGV $$", "(signal 11) without a word\n")]
    [InlineData("echo I am something else", "does not tell its version, as QEMU does")]
    public async Task ProgramThatIsNoUsefulQemuIsNamedBesideItsOwnWords(string script, string expected)
    {
        var thrown = await Assert.ThrowsAsync<MachineStartException>(
            () => QemuProcess.StartAsync(Options() with { QemuPath = Script(script) }));

        Assert.Contains(expected, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FileThatMayNotBeExecutedIsNoQemu()
    {
        var thrown = await Assert.ThrowsAsync<MachineStartException>(
            () => QemuProcess.StartAsync(Options() with { QemuPath = "/etc/passwd" }));

        Assert.StartsWith("/etc/passwd is no program", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CancelledStartEndsQemuAndItsChildren()
    {
        using var cancellation = new CancellationTokenSource();
        string note = Path.Combine(_runtime, "child");
        Task<QemuProcess> starting = QemuProcess.StartAsync(
            Options() with { QemuPath = Script($"sleep 60 & echo $! > {note}; wait") }, cancellation.Token);
        int child = 0;
        Assert.True(SpinWait.SpinUntil(
            () => File.Exists(note) && int.TryParse(File.ReadAllText(note), out child), s_patience));
        long start = Stopwatch.GetTimestamp();

        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        Assert.True(SpinWait.SpinUntil(() => !IsAlive(child), TimeSpan.FromSeconds(1)));
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2));
        File.Delete(note);
    }

    [Fact]
    public async Task UnknownDeviceIsReportedInQemusOwnWords()
    {
        var thrown = await Assert.ThrowsAsync<MachineStartException>(
            () => QemuProcess.StartAsync(Options() with { Devices = ["no-such-device"] }));

        Assert.Contains("'no-such-device' is not a valid device model name", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("-device help", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeathAtStartIsReportedInQemusOwnWords()
    {
        var thrown = await Assert.ThrowsAsync<MachineStartException>(
            () => QemuProcess.StartAsync(Options() with { ExtraArguments = ["-no-such-option"] }));

        Assert.Contains("-no-such-option: invalid option", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("exit code 1", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task QemuThatNeverGetsReadyIsGivenUpAndKilled()
    {
        string script = Script("exec sleep 1000");

        var thrown = await Assert.ThrowsAsync<MachineStartException>(() => QemuProcess.StartAsync(
            Options() with { QemuPath = script, StartTimeout = TimeSpan.FromMilliseconds(200) }));

        Assert.Contains("did not get ready within 0.2 s", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProgramThatIsNoQemuIsReportedWithWhatItSaid()
    {
        string script = Script("echo I am no QEMU >&2; exit 7");

        var thrown = await Assert.ThrowsAsync<MachineStartException>(
            () => QemuProcess.StartAsync(Options() with { QemuPath = script }));

        Assert.Contains("I am no QEMU", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("exit code 7", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OldQemuIsRefused()
    {
        var thrown = Assert.Throws<MachineStartException>(() => QemuProgram.RequireVersion(new Version(5, 2, 0)));

        Assert.Contains("5.2.0 is too old", thrown.Message, StringComparison.Ordinal);
        QemuProgram.RequireVersion(new Version(6, 0, 0));
    }

    private static void ReadUntilLost(QemuProcess qemu)
    {
        while (true)
            qemu.Qtest.ReadMemory(0, 4);
    }

    private static bool IsAlive(int id)
    {
        try
        {
            // The third field of /proc/PID/stat is the state; a zombie waits for its parent to reap it.
            string stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or IOException)
        {
            return false;
        }
    }

    private QemuOptions Options() => new() { FirmwarePath = _firmware.Path, MemoryBytes = 16 << 20 };

    private string Script(string body)
    {
        string path = Path.Combine(_runtime, "fake-qemu");
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        Process.Start("chmod", ["+x", path]).WaitForExit();
        return path;
    }
}
