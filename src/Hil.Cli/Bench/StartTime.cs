using System.Diagnostics;
using System.Globalization;
using Hil.Machine;

namespace Hil.Cli.Bench;

/// <summary>How long `hil run` takes from exec to DriverEntry, against QEMU alone up to its QMP greeting.</summary>
internal static class StartTime
{
    private const int Rounds = 16; // The least of each counts: both have slow ones.

    /// <param name="program">The built hil.</param>
    /// <param name="image">A driver image to start.</param>
    public static BenchFigure Measure(string program, string image)
    {
        double qemu = double.MaxValue;
        double run = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            qemu = Math.Min(qemu, TimeQemu());
            run = Math.Min(run, TimeRun(program, image));
        }
        return BenchFigure.AtMost("hil run, exec to DriverEntry", run, "ms", "QEMU to QMP greeting", run / qemu, 6);
    }

    private static double TimeQemu()
    {
        long start = Stopwatch.GetTimestamp();
        using Process qemu = Start("qemu-system-x86_64",
            "-M", "q35", "-nodefaults", "-display", "none", "-accel", "tcg", "-m", "64", "-bios", MonitorRom.Path,
            "-S", "-device", "edu", "-qmp", "stdio");
        _ = qemu.StandardOutput.ReadLine();
        double elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        qemu.Kill();
        qemu.WaitForExit();
        return elapsed;
    }

    // `--timing` makes hil print when DriverEntry was called.
    private static double TimeRun(string program, string image)
    {
        const string Label = "driver-entry-at ";
        long start = Stopwatch.GetTimestamp();
        using Process run = Start(program, "run", image, "--device", "edu", "--timing");
        string output = run.StandardOutput.ReadToEnd();
        run.WaitForExit();
        foreach (string line in output.Split('\n'))
        {
            if (!line.StartsWith(Label, StringComparison.Ordinal))
                continue;
            long entry = long.Parse(line.AsSpan(Label.Length), CultureInfo.InvariantCulture);
            if (entry != 0)
                return Stopwatch.GetElapsedTime(start, entry).TotalMilliseconds;
        }
        throw new InvalidOperationException($"hil run --timing printed no '{Label}': {output}");
    }

    private static Process Start(string program, params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
