using Hil.Kernel;
using Hil.Machine;

namespace Hil.Host;

// Compiled code is cut into by the virtual processor; C# code runs on a thread of this process, which nobody can
// stop. So a managed routine that does not come back is noticed from outside: the run ends with a bug check that names
// it, and its thread is left behind until the process ends.

/// <summary>Watches a managed driver.</summary>
internal sealed class ManagedWatchdog : IDisposable
{
    private readonly NtKernel _kernel;
    private readonly WorldTime _time;
    private readonly TimeSpan _limit;
    private readonly Timer _timer;
    private Delegate? _routine;
    private long _number;
    private TimeSpan _since;

    public ManagedWatchdog(NtKernel kernel, EmulatedMachine machine, TimeSpan limit)
    {
        _kernel = kernel;
        _time = new WorldTime(machine.Qemu);
        _limit = limit;
        _timer = new Timer(
            static watchdog => ((ManagedWatchdog)watchdog!).Look(), this, Timeout.Infinite, Timeout.Infinite);
        Arm();
    }

    public void Dispose() => _timer.Dispose();

    // One look at a time: the next is asked for at the end of each.
    private void Arm() => _timer.Change(WorldTime.LookEvery, Timeout.InfiniteTimeSpan);

    private void Look()
    {
        TimeSpan now = _time.Look();
        Delegate? routine = _kernel.Processor.RunningManaged;
        long number = _kernel.Processor.ManagedNumber;
        if (routine == null || routine != _routine || number != _number)
            (_routine, _number, _since) = (routine, number, now);
        else if (now - _since >= _limit)
        {
            Stop(routine);
            return;
        }
        try
        {
            Arm();
        }
        catch (ObjectDisposedException)
        {
            // The session ended during the look.
        }
    }

    private void Stop(Delegate routine) =>
        _kernel.StopStuck(_kernel.Processor.DescribeStuck(
            $"the driver did not come back from {routine.Method.DeclaringType?.Name}.{routine.Method.Name} within "
            + $"{_limit.TotalSeconds:0.###} s, {_kernel.Processor.Irql}"));
}
