using System.Diagnostics;
using System.Globalization;
using Hil.Host;

namespace Hil.Cli.Bench;

/// <summary>What a rig costs that does nothing.</summary>
internal static class Idle
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(1);

    /// <summary>Processor time of host and QEMU together, and the host's memory.</summary>
    public static IEnumerable<BenchFigure> Measure(DriverSession session)
    {
        // The rig itself sleeps here: this thread only lets time pass.
        Thread.Sleep(s_settle);
        double before = CpuSeconds(session);
        long start = Stopwatch.GetTimestamp();
        Thread.Sleep(s_period);
        double share = (CpuSeconds(session) - before) / Stopwatch.GetElapsedTime(start).TotalSeconds;
        yield return BenchFigure.AtMost("idle rig, host and QEMU", share * 100, "% of a core", "one core", share, 0.01);

        const double Megabyte = 1 << 20;
        double resident = Environment.WorkingSet / Megabyte;
        yield return BenchFigure.AtMost("host memory", resident, "MB", "150 MB", resident / 150, 1);
    }

    private static double CpuSeconds(DriverSession session) =>
        Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds + QemuSeconds(session.Machine.Qemu.Id);

    // Fields 14 and 15 of /proc/PID/stat, counted after the name, which may hold anything: user and
    // system time in 10 ms.
    private static double QemuSeconds(int id)
    {
        string stat = File.ReadAllText($"/proc/{id}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        const int User = 11, System = 12;
        return (long.Parse(fields[User], CultureInfo.InvariantCulture)
            + long.Parse(fields[System], CultureInfo.InvariantCulture)) / 100.0;
    }
}
