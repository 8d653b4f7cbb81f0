namespace Hil.Kernel.Tests.Pnp;

public sealed unsafe class ChildDeviceTests : IDisposable
{
    private readonly EventLog _log = new();
    private readonly TestMachine _machine;
    private readonly TestDriver _function;
    private readonly ChildBus _bus;

    public ChildDeviceTests()
    {
        _machine = new TestMachine(observer: _log);
        _function = new TestDriver(_machine);
        _bus = new ChildBus(_machine, _function);
    }

    private PnpSystem Pnp => _machine.Kernel.Pnp;

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void ReportedChildBecomesADeviceBelowItsBus()
    {
        _bus.Add();

        DeviceNode node = Start();

        DeviceNode child = Assert.Single(node.Children);
        Assert.Equal(@"Test\Port\1", child.InstancePath);
        Assert.Same(node, child.Parent);
        Assert.Equal([node, child], Pnp.Devices);
    }

    [Fact]
    public void ChildWithADriverIsStarted()
    {
        var driver = new TestDriver(_machine, "port");
        Pnp.FindDriver = child => child.DeviceId == @"Test\Port" ? driver.Object : null;
        _bus.Add();

        DeviceNode node = Start();

        Assert.Equal(DeviceNodeState.Started, node.Children[0].State);
        Assert.Contains(IRP_MN_START_DEVICE, _bus.Seen);
        Assert.Empty(_log.Violations);
    }

    [Fact]
    public void ChildReportedLaterArrivesAfterInvalidation()
    {
        DeviceNode node = Start();
        Assert.Empty(node.Children);
        _bus.Add();

        _machine.Run(() => IoInvalidateDeviceRelations(node.PhysicalDevice, DEVICE_RELATION_TYPE.BusRelations));
        _machine.Run(() => TestMachine.Settle());

        Assert.Single(node.Children);
    }

    [Fact]
    public void ChildReportedTwiceIsStillOneDevice()
    {
        _bus.Add();
        DeviceNode node = Start();

        _machine.Run(() => Pnp.EnumerateChildren(node));

        Assert.Single(node.Children);
    }

    [Fact]
    public void StartedChildThatIsNoLongerReportedIsRemovedBySurprise()
    {
        var driver = new TestDriver(_machine, "port");
        Pnp.FindDriver = _ => driver.Object;
        _bus.Add();
        DeviceNode node = Start();
        driver.Seen.Clear();
        _bus.Children.Clear();

        _machine.Run(() => Pnp.EnumerateChildren(node));

        Assert.Equal([IRP_MN_SURPRISE_REMOVAL, IRP_MN_REMOVE_DEVICE], driver.Seen);
        Assert.Empty(node.Children);
    }

    [Fact]
    public void RemovingTheBusRemovesTheChildFirst()
    {
        var driver = new TestDriver(_machine, "port");
        Pnp.FindDriver = _ => driver.Object;
        _bus.Add();
        DeviceNode node = Start();
        List<string> order = [];
        Action<byte, nint>? report = _function.Before;
        driver.Before = (minor, _) => Note(order, "child", minor);
        _function.Before = (minor, irp) =>
        {
            report!(minor, irp);
            Note(order, "bus", minor);
        };

        Assert.Equal(STATUS_SUCCESS, _machine.Run(() => Pnp.Remove(node)));

        Assert.Equal(["child", "bus"], order);
        Assert.Equal([node], Pnp.Devices);
    }

    private static void Note(List<string> order, string name, byte minor)
    {
        if (minor == IRP_MN_REMOVE_DEVICE)
            order.Add(name);
    }

    private DeviceNode Start()
    {
        TestFunction function = TestFunction.Plain(_machine);
        return _machine.Run(() => Pnp.AddDevice(function.Description, _function.Object));
    }
}
