using Hil.Host;
using Hil.Kernel;

namespace Hil.Cli.Bench;

/// <summary>The edu sample's raise-interrupt request, over and over: dispatch, StartIo, MSI, ISR, DPC,
/// completion.</summary>
internal sealed class EduIrps(DriverSession session)
{
    private const uint RaiseInterrupt = 0x222008; // IOCTL_EDU_RAISE_INTERRUPT
    private const int AllocationRounds = 10_000;

    /// <summary>Nanoseconds per request.</summary>
    public double Nanoseconds() => OnKernelThread(file => Rate.Nanoseconds(count => Run(file, count)));

    /// <summary>Makes so many requests.</summary>
    public void Run(int count) => OnKernelThread(file =>
    {
        Run(file, count);
        return count;
    });

    /// <summary>Managed bytes that 10,000 requests allocate, on any thread, after warm-up.</summary>
    public long AllocatedBytes() => OnKernelThread(file =>
    {
        Run(file, AllocationRounds);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Run(file, AllocationRounds);
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    });

    private T OnKernelThread<T>(Func<HilFile, T> measure)
    {
        using HilFile file = session.OpenAsync().GetAwaiter().GetResult();
        T result = default!;
        session.Kernel.Scheduler.Run(() => result = measure(file));
        return result;
    }

    private static void Run(HilFile file, int count)
    {
        ReadOnlySpan<byte> bits = [1, 0, 0, 0];
        Span<byte> seen = stackalloc byte[4];
        for (int i = 0; i < count; i++)
        {
            IoResult result = file.DeviceIoControl(RaiseInterrupt, bits, seen);
            if (!result.IsSuccess || seen[0] != 1)
                throw new InvalidOperationException($"the edu driver answered {result} to a raise-interrupt request");
        }
    }
}
