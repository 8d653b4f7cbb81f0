namespace Hil.Kernel.Tests.Io;

/// <summary>A driver with StartIo and a device: notes what is started, in which depth and at which IRQL, and finishes
/// IRPs when told. IRPs are known by the order in which they were made, from 0.</summary>
public sealed unsafe class StartIoDriver
{
    private readonly TestDriver _driver;
    private readonly List<ulong> _irps = [];
    private int _depth;

    public StartIoDriver(TestMachine machine)
    {
        _driver = new TestDriver(machine);
        Device = _driver.CreateDevice(@"\Device\StartIo");
        _driver.OnStartIo(OnStartIo);
        Taken = _driver.Completion((_, irp, _) =>
        {
            Completed.Add(NumberOf(irp));
            return STATUS_MORE_PROCESSING_REQUIRED;
        });
    }

    public DEVICE_OBJECT* Device { get; }

    public TestDriver Driver => _driver;

    public List<int> Started { get; } = [];

    public List<int> Completed { get; } = [];

    public KIRQL IrqlInStartIo { get; private set; }

    public int DeepestStartIo { get; private set; }

    /// <summary>How often StartIo asks for the next packet before it returns.</summary>
    public int AsksInsideStartIo { get; set; }

    public DriverRoutine CancelRoutineInStartIo { get; private set; }

    private DriverRoutine Taken { get; }

    /// <summary>An IRP as its dispatch routine has it: pending, in the device's stack location.</summary>
    public IRP* CreateIrp()
    {
        IRP* irp = TestDriver.CreateIrp(Device);
        IoSetCompletionRoutine(irp, Taken, null, true, true, true);
        IoSetNextIrpStackLocation(irp);
        IoGetCurrentIrpStackLocation(irp)->DeviceObject = Device;
        IoMarkIrpPending(irp);
        _irps.Add((ulong)irp);
        return irp;
    }

    public IRP* Start(uint? key = null, DriverRoutine cancel = default, bool isCancelled = false)
    {
        IRP* irp = CreateIrp();
        irp->Cancel = isCancelled;
        uint value = key.GetValueOrDefault();
        IoStartPacket(Device, irp, key == null ? null : &value, cancel);
        return irp;
    }

    /// <summary>Completes the current IRP and asks for the next, as a DPC does.</summary>
    public void FinishCurrent(uint? nextKey = null, bool cancelable = false)
    {
        KIRQL irql = KeRaiseIrqlToDpcLevel();
        IRP* irp = Device->CurrentIrp;
        irp->CancelRoutine = default;
        TestDriver.Complete(irp, STATUS_SUCCESS);
        if (nextKey == null)
            IoStartNextPacket(Device, cancelable);
        else
            IoStartNextPacketByKey(Device, cancelable, nextKey.Value);
        KeLowerIrql(irql);
    }

    public void FinishAll()
    {
        while (Device->CurrentIrp != null)
            FinishCurrent();
    }

    public int NumberOf(IRP* irp) => _irps.IndexOf((ulong)irp);

    private void OnStartIo(DEVICE_OBJECT* device, IRP* irp)
    {
        DeepestStartIo = Math.Max(DeepestStartIo, ++_depth);
        Started.Add(NumberOf(irp));
        IrqlInStartIo = KeGetCurrentIrql();
        CancelRoutineInStartIo = irp->CancelRoutine;
        for (int i = 0; i < AsksInsideStartIo; i++)
            IoStartNextPacket(device, false);
        _depth--;
    }
}
