using System.Globalization;
using Hil.Machine.Qemu;
using Microsoft.Win32.SafeHandles;

namespace Hil.Machine.Tests.Qemu;

public sealed class ChildProcessTests
{
    [Fact]
    public void OutputAndErrorsAreRead()
    {
        using ChildProcess child = Start("echo one; echo two >&2");

        Assert.Equal("one\ntwo\n", child.Output.ReadToEnd());
        Assert.Equal("exit code 0", child.WaitForExit());
    }

    [Theory]
    [InlineData("exit 7", "exit code 7")]
    [InlineData("kill -TERM $$", "signal 15")]
    public void EndIsToldInWords(string script, string expected)
    {
        using ChildProcess child = Start(script);

        Assert.Equal(expected, child.WaitForExit());
    }

    [Fact]
    public void KillEndsIt()
    {
        using ChildProcess child = Start("exec sleep 1000");

        child.Kill();

        Assert.Equal("signal 9", child.WaitForExit());
    }

    [Fact]
    public void ItIsStoppedFromSigstopToSigcont()
    {
        using ChildProcess child = Start("kill -STOP $$; exec sleep 1000");
        Assert.True(SpinWait.SpinUntil(child.IsStopped, TimeSpan.FromSeconds(10)));
        Assert.True(child.IsStopped(), "asking changes nothing");

        using ChildProcess other = Start($"kill -CONT {child.Id}");
        other.WaitForExit();
        Assert.False(child.IsStopped());

        child.Kill();
        child.WaitForExit();
        Assert.False(child.IsStopped());
    }

    [Fact]
    public void KillAfterTheEndHitsNobody()
    {
        using ChildProcess child = Start("exit 0");
        child.WaitForExit();

        child.Kill();
    }

    [Fact]
    public void InputIsEmpty()
    {
        using ChildProcess child = Start("cat; echo done");

        Assert.Equal("done\n", child.Output.ReadToEnd());
        child.WaitForExit();
    }

    [Fact]
    public void SessionIsItsOwn()
    {
        using ChildProcess child = Start("cut -d' ' -f6 /proc/self/stat");

        Assert.Equal(child.Id.ToString(CultureInfo.InvariantCulture), child.Output.ReadToEnd().Trim());
        child.WaitForExit();
    }

    [Fact]
    public void NothingIsInheritedButWhatWasNamed()
    {
        using SafeFileHandle named = File.OpenHandle("/dev/zero");
        using SafeFileHandle unnamed = File.OpenHandle("/dev/full");
        using ChildProcess child = ChildProcess.Start("/bin/sh", ["-c", "readlink /proc/$$/fd/*"], named);

        string[] files = child.Output.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        child.WaitForExit();

        Assert.Equal("/dev/null", files[0]);
        Assert.Contains("/dev/zero", files);
        Assert.DoesNotContain("/dev/full", files);
    }

    [Fact]
    public void EnvironmentIsOurs()
    {
        using ChildProcess child = Start("echo $PATH");

        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), child.Output.ReadToEnd().Trim());
        child.WaitForExit();
    }

    [Fact]
    public void BrokenPipesKillItAsTheyKillOthers()
    {
        using ChildProcess child = Start("kill -PIPE $$; echo alive");

        Assert.Equal("", child.Output.ReadToEnd());
        Assert.Equal("signal 13", child.WaitForExit());
    }

    private static ChildProcess Start(string script) => ChildProcess.Start("/bin/sh", ["-c", script]);
}
