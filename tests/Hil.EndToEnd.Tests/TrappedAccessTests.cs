using Hil.Host;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Machine;
using Hil.Testing;
using static Hil.Wdm.NtStatus;

namespace Hil.EndToEnd.Tests;

/// <summary>edu.sys does its work when each of its register accesses comes to the host.</summary>
public sealed class TrappedAccessTests
{
    private const int Requests = 200;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RequestsEndAsTheyDoWithDirectAccess(bool isDeterministic)
    {
        HilRigOptions options = Edu.Options(EduKind.Native);
        var registers = new RegisterCounter();
        using DriverSession session = await DriverSession.StartAsync(new DriverSessionOptions
        {
            ImagePath = options.Driver,
            Interrupts = InterruptPreference.Message,
            Machine = new MachineOptions
            {
                Devices = options.Devices,
                TrapsDeviceAccess = true,
                Deterministic = isDeterministic,
                Slices = isDeterministic,
            },
        }, registers);
        await using HilFile file = await session.OpenAsync();
        int right = 0;
        long before = registers.Count;

        session.Kernel.Scheduler.Run(() => right = Raise(file));

        Assert.Equal(Requests, right);
        // Each raises an interrupt, reads its status, and acknowledges it.
        Assert.InRange(registers.Count - before, 3 * Requests, 10 * Requests);
        Assert.Empty(session.Machine.AccessTraps!.InexactReasons);
    }

    private static int Raise(HilFile file)
    {
        Span<byte> input = [0x40, 0, 0, 0];
        Span<byte> output = stackalloc byte[4];
        int right = 0;
        for (int i = 0; i < Requests; i++)
        {
            output.Clear();
            bool isRight = file.DeviceIoControl(Edu.Raise, input, output) == new IoResult(STATUS_SUCCESS, 4)
                && output.SequenceEqual(input);
            right += isRight ? 1 : 0;
        }
        return right;
    }

    private sealed class RegisterCounter : IKernelObserver
    {
        public long Count { get; private set; }

        public void OnEvent(in KernelEvent kernelEvent) =>
            Count += kernelEvent.Kind == KernelEventKind.Register ? 1 : 0;
    }
}
