namespace Hil.Kernel.Tests.Io;

public sealed unsafe class HotPathTests : IDisposable
{
    private const string Name = @"\Device\Hot";
    private const int WarmUps = 20_000;
    private const int Requests = 10_000;

    private static readonly uint s_code = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS);

    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void TenThousandControlRequestsAllocateNothingManaged()
    {
        Prepare(driver => driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] =
            Routine(static arguments => Complete((IRP*)arguments[1])));

        Assert.Equal(0, AllocatedByRequests());
    }

    [Fact]
    public void TenThousandSerialisedRequestsAllocateNothingManaged()
    {
        Prepare(driver =>
        {
            driver->DriverStartIo = Routine(static arguments =>
            {
                Complete((IRP*)arguments[1]);
                IoStartNextPacket((DEVICE_OBJECT*)arguments[0], false);
                return 0;
            });
            driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Routine(static arguments =>
            {
                IoMarkIrpPending((IRP*)arguments[1]);
                IoStartPacket((DEVICE_OBJECT*)arguments[0], (IRP*)arguments[1], null, default);
                return (ulong)STATUS_PENDING.Value;
            });
        });

        Assert.Equal(0, AllocatedByRequests());
    }

    private long AllocatedByRequests()
    {
        using HilFile file = _machine.Kernel.Io.Open(Name);
        byte[] buffer = new byte[8];
        return _machine.Run(() =>
        {
            Repeat(file, buffer, WarmUps);
            return Allocation.Least(() => Repeat(file, buffer, Requests));
        });
    }

    private static void Repeat(HilFile file, byte[] buffer, int count)
    {
        for (int i = 0; i < count; i++)
            Assert.True(file.DeviceIoControl(s_code, buffer, buffer).IsSuccess);
    }

    private delegate void DriverSetUp(DRIVER_OBJECT* driver);

    private void Prepare(DriverSetUp setUp) => _machine.Run(() =>
    {
        var driver = new TestDriver(_machine);
        driver.CreateDevice(Name);
        setUp(driver.Object);
    });

    private DriverRoutine Routine(ManagedRoutine routine) => _machine.Kernel.Gate.Register(routine);

    private static ulong Complete(IRP* irp)
    {
        irp->IoStatus.Status = STATUS_SUCCESS;
        irp->IoStatus.Information = 8;
        IofCompleteRequest(irp, IO_NO_INCREMENT);
        return 0;
    }
}
