using Hil.Host;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Machine;
using Hil.Testing;
using Hil.Trace;
using static Hil.Wdm.NtStatus;

namespace Hil.EndToEnd.Tests;

/// <summary>Writing a run down allocates nothing managed on the kernel's way.</summary>
public sealed class CaptureAllocationTests : IDisposable
{
    private const int WarmUp = 1_000;
    private const int Requests = 10_000;

    private readonly string _path = Path.GetTempFileName();

    [Theory, ClassData(typeof(EduKinds))]
    public async Task RequestsThatAreCapturedAllocateNothingOnAKernelThread(EduKind kind)
    {
        using DriverSession session = await StartAsync(kind);
        await using HilFile file = await session.OpenAsync();
        (int failures, long bytes) = (0, -1);

        session.Kernel.Scheduler.Run(() =>
        {
            failures = Raise(file, WarmUp);
            bytes = Allocation.Least(() => failures += Raise(file, Requests));
        });

        Assert.Equal((0, 0L), (failures, bytes));
    }

    [Fact]
    public async Task RegisterReadsThatAreCapturedAllocateNothing()
    {
        using DriverSession session = await StartAsync(EduKind.Managed);
        ulong register = session.Machine.Pci.Functions.First(static function => function.DeviceId == 0x11E8)
            .Bars[0].Address;
        long bytes = -1;

        session.Kernel.Scheduler.Run(() =>
        {
            Read(session.Kernel, register, WarmUp);
            bytes = Allocation.Least(() => Read(session.Kernel, register, Requests));
        });

        Assert.Equal(0L, bytes);
    }

    public void Dispose() => File.Delete(_path);

    private Task<DriverSession> StartAsync(EduKind kind)
    {
        HilRigOptions options = Edu.Options(kind);
        return DriverSession.StartAsync(new DriverSessionOptions
        {
            ImagePath = options.Driver,
            ManagedDriver = options.ManagedDriver,
            Interrupts = InterruptPreference.Message,
            Machine = new MachineOptions { Devices = options.Devices },
            Capture = new CaptureOptions { Path = _path },
        });
    }

    private static void Read(NtKernel kernel, ulong register, int count)
    {
        for (int i = 0; i < count; i++)
            kernel.Services.Bus.ReadMemory(register, sizeof(uint));
    }

    private static int Raise(HilFile file, int count)
    {
        Span<byte> input = [0x40, 0, 0, 0];
        Span<byte> output = stackalloc byte[4];
        int failures = 0;
        for (int i = 0; i < count; i++)
        {
            bool isRight = file.DeviceIoControl(Edu.Raise, input, output) == new IoResult(STATUS_SUCCESS, 4);
            failures += isRight ? 0 : 1;
        }
        return failures;
    }
}
