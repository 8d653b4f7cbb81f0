using Hil.Host;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Machine;
using Hil.Testing;
using static Hil.Wdm.NtStatus;

namespace Hil.EndToEnd.Tests;

/// <summary>From the request to its completion the kernel allocates nothing managed.</summary>
public sealed class EduAllocationTests
{
    private const int WarmUp = 1_000;
    private const int Requests = 10_000;

    [Theory, ClassData(typeof(EduKinds))]
    public async Task RequestsAllocateNothingOnAKernelThread(EduKind kind)
    {
        HilRigOptions options = Edu.Options(kind);
        // Without an observer: what a rig keeps of each IRP for its test is the test's own.
        using DriverSession session = await DriverSession.StartAsync(new DriverSessionOptions
        {
            ImagePath = options.Driver,
            ManagedDriver = options.ManagedDriver,
            Interrupts = InterruptPreference.Message,
            Machine = new MachineOptions { Devices = options.Devices },
        });
        await using HilFile file = await session.OpenAsync();
        (int failures, long bytes) = (0, -1);

        session.Kernel.Scheduler.Run(() =>
        {
            failures = Raise(file, WarmUp);
            bytes = Allocation.Least(() => failures += Raise(file, Requests));
        });

        Assert.Equal((0, 0L), (failures, bytes));
    }

    private static int Raise(HilFile file, int count)
    {
        Span<byte> input = [0x40, 0, 0, 0];
        Span<byte> output = stackalloc byte[4];
        int failures = 0;
        for (int i = 0; i < count; i++)
        {
            output.Clear();
            bool isRight = file.DeviceIoControl(Edu.Raise, input, output) == new IoResult(STATUS_SUCCESS, 4)
                && output.SequenceEqual(input);
            failures += isRight ? 0 : 1;
        }
        return failures;
    }
}
