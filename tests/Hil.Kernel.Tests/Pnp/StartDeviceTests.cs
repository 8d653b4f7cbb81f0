namespace Hil.Kernel.Tests.Pnp;

public sealed unsafe class StartDeviceTests : IDisposable
{
    private readonly EventLog _log = new();
    private readonly TestMachine _machine;
    private readonly TestDriver _driver;

    public StartDeviceTests()
    {
        _machine = new TestMachine(observer: _log);
        _driver = new TestDriver(_machine);
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void DeviceWithALineGetsItsBarAndALevelSensitiveInterrupt()
    {
        DeviceNode node = Add(TestFunction.Plain(_machine));

        Assert.Equal(DeviceNodeState.Started, node.State);
        Assert.Equal([CmResourceTypeMemory, CmResourceTypeInterrupt], _driver.Raw.Select(d => d.Type));
        Assert.Equal(TestFunction.BarAddress, _driver.Translated[0].u.Memory.Start.Value);
        Assert.Equal(TestFunction.BarBytes, _driver.Translated[0].u.Memory.Length);
        Assert.Equal(CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE, _driver.Translated[1].Flags);
        Assert.Equal(CmResourceShareShared, _driver.Translated[1].ShareDisposition);
        Assert.Equal(TestFunction.Line, _driver.Raw[1].u.Interrupt.Vector);
    }

    [Fact]
    public void TranslatedInterruptHasVectorDirqlAndAffinity()
    {
        DeviceNode node = Add(TestFunction.Plain(_machine));

        CM_PARTIAL_RESOURCE_DESCRIPTOR interrupt = _driver.Translated[1];
        Assert.Equal(node.Interrupts!.Messages[0].Vector, interrupt.u.Interrupt.Vector);
        Assert.Equal(interrupt.u.Interrupt.Vector >> 4, interrupt.u.Interrupt.Level);
        Assert.InRange(interrupt.u.Interrupt.Level, (ushort)3, (ushort)11);
        Assert.Equal((nuint)1, interrupt.u.Interrupt.Affinity);
    }

    [Fact]
    public void StartEnablesMemoryAndBusMasteringButNotPorts()
    {
        TestFunction function = TestFunction.Plain(_machine);

        Add(function);

        Assert.Equal(PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER, function.Command);
    }

    [Fact]
    public void MsiIsGrantedWhenPreferredAndProgrammedBeforeTheDriverSeesIt()
    {
        TestFunction function = TestFunction.WithMsi(_machine);
        uint enabledAtStart = 0;
        _driver.AfterStart = status =>
        {
            enabledAtStart = function.Get(TestFunction.Msi + 2) & 1u;
            return status;
        };

        DeviceNode node = Add(function, InterruptPreference.Message);

        CM_PARTIAL_RESOURCE_DESCRIPTOR raw = _driver.Raw[1];
        Assert.Equal(CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE, raw.Flags);
        Assert.Equal(1, raw.u.MessageInterrupt.Raw.MessageCount);
        Assert.Equal(1u, enabledAtStart);
        InterruptMessage message = node.Interrupts!.Messages[0];
        Assert.Equal((uint)message.Address, function.GetLong(TestFunction.Msi + 4));
        Assert.Equal(message.Data, function.Get(TestFunction.Msi + 12));
        Assert.Equal(PCI_DISABLE_LEVEL_INTERRUPT, function.Command & PCI_DISABLE_LEVEL_INTERRUPT);
    }

    [Fact]
    public void DeviceWithMsiGetsItsLineUnlessTheRegistryAsksForMessages()
    {
        DeviceNode node = Add(TestFunction.WithMsi(_machine));

        Assert.Equal(InterruptKind.Line, node.Interrupts!.Kind);
    }

    [Fact]
    public void MsiSupportedInTheHardwareKeyGrantsMessages()
    {
        DeviceNode node = Enumerate(TestFunction.WithMsi(_machine, messagesLog2: 2), InterruptPreference.Registry);
        RegistryKey properties = node.ParametersKey.Create(@"Interrupt Management\MessageSignaledInterruptProperties");
        properties.SetDword("MSISupported", 1);
        properties.SetDword("MessageNumberLimit", 2);

        Start(node);

        Assert.Equal(InterruptKind.Msi, node.Interrupts!.Kind);
        Assert.Equal(2, node.Interrupts.Messages.Length);
        Assert.Equal(2, _driver.Raw[1].u.MessageInterrupt.Raw.MessageCount);
    }

    [Fact]
    public void SeveralMsiVectorsAreConsecutiveAndAligned()
    {
        DeviceNode node = Add(TestFunction.WithMsi(_machine, messagesLog2: 2), InterruptPreference.Message);

        byte first = node.Interrupts!.Messages[0].Vector;
        Assert.Equal(0, first % 4);
        Assert.Equal([first, first + 1, first + 2, first + 3], node.Interrupts.Messages.Select(m => (int)m.Vector));
    }

    [Fact]
    public void MsixGrantsOneDescriptorForEachMessageAndFillsTheTable()
    {
        var table = new TestTable();
        DeviceNode node = Add(TestFunction.WithMsix(_machine, table), InterruptPreference.Message);

        Assert.Equal(4, _driver.Raw.Count(d => d.Type == CmResourceTypeInterrupt));
        for (int i = 0; i < 4; i++)
        {
            InterruptMessage message = node.Interrupts!.Messages[i];
            Assert.Equal([(uint)message.Address, 0, message.Data, 0], table.Entry(i));
        }
    }

    [Fact]
    public void RequestsComeInWindowsOrder()
    {
        Add(TestFunction.Plain(_machine));

        Assert.Equal(
            [
                IRP_MN_QUERY_RESOURCE_REQUIREMENTS, IRP_MN_FILTER_RESOURCE_REQUIREMENTS, IRP_MN_START_DEVICE,
                IRP_MN_QUERY_CAPABILITIES, IRP_MN_QUERY_PNP_DEVICE_STATE, IRP_MN_QUERY_DEVICE_RELATIONS,
            ],
            _driver.Seen);
        Assert.Empty(_log.Violations);
    }

    [Fact]
    public void DriverThatFiltersTheMessagesOutGetsTheLine()
    {
        _driver.Before = static (minor, irp) =>
        {
            if (minor == IRP_MN_FILTER_RESOURCE_REQUIREMENTS)
                DropAlternative((IRP*)irp);
        };

        DeviceNode node = Add(TestFunction.WithMsi(_machine), InterruptPreference.Message);

        Assert.Equal(InterruptKind.Line, node.Interrupts!.Kind);
    }

    [Fact]
    public void BarThatWasNotPlacedKeepsTheDeviceFromStarting()
    {
        TestFunction function = TestFunction.Plain(_machine);
        var bar = new PciBar(0, PciBarKind.Memory32, false, 0, 0x1000);
        PciFunction unplaced = function.Description with { Bars = [bar] };

        DeviceNode node = _machine.Run(() => _machine.Kernel.Pnp.AddDevice(unplaced, _driver.Object));

        Assert.Equal(STATUS_INSUFFICIENT_RESOURCES, node.Problem);
        Assert.DoesNotContain(IRP_MN_START_DEVICE, _driver.Seen);
        Assert.Contains(IRP_MN_REMOVE_DEVICE, _driver.Seen);
    }

    [Fact]
    public void FailedStartIsFollowedByRemoval()
    {
        _driver.AfterStart = _ => STATUS_DEVICE_CONFIGURATION_ERROR;

        DeviceNode node = Add(TestFunction.Plain(_machine));

        Assert.Equal(STATUS_DEVICE_CONFIGURATION_ERROR, node.Problem);
        Assert.Equal(DeviceNodeState.Removed, node.State);
        Assert.Equal(IRP_MN_REMOVE_DEVICE, _driver.Seen[^1]);
        Assert.Null(node.Interrupts);
    }

    [Fact]
    public void StartThatIsNotPassedDownIsReported()
    {
        _driver.Completes[IRP_MN_START_DEVICE] = STATUS_SUCCESS;

        Add(TestFunction.Plain(_machine));

        Assert.Contains(_log.Violations, v => v.Contains("IRP_MN_START_DEVICE") && v.Contains("not passed down"));
    }

    [Fact]
    public void ResourceListsAreFreedAfterStart()
    {
        ulong list = 0;
        _driver.Before = (minor, irp) =>
        {
            if (minor == IRP_MN_START_DEVICE)
                list = (ulong)IoGetCurrentIrpStackLocation((IRP*)irp)->Parameters.StartDevice.AllocatedResources;
        };

        Add(TestFunction.Plain(_machine));

        Assert.NotEqual(0ul, list);
        Assert.True(_machine.Run(() => _machine.Kernel.Pool.IsFreed(list)));
    }

    [Fact]
    public void RequestThatNeverCompletesIsAPnpWatchdogBugCheck()
    {
        _driver.Before = (minor, irp) =>
        {
            if (minor == IRP_MN_START_DEVICE)
                IoMarkIrpPending((IRP*)irp);
        };
        _driver.Object->MajorFunction[IRP_MJ_PNP] = _machine.Routine((_, irp, _, _) =>
        {
            IoMarkIrpPending((IRP*)irp);
            return (uint)STATUS_PENDING.Value;
        });
        const uint DriverPnpWatchdog = 0x1D5;

        BugCheckReport report = _machine.RunToBugCheck(
            () => _machine.Kernel.Pnp.AddDevice(TestFunction.Plain(_machine).Description, _driver.Object));

        Assert.Equal(DriverPnpWatchdog, report.Code);
    }

    private static void DropAlternative(IRP* irp)
    {
        var list = (IO_RESOURCE_REQUIREMENTS_LIST*)irp->IoStatus.Information;
        IO_RESOURCE_LIST* second = (IO_RESOURCE_LIST*)(&list->List.Descriptors + list->List.Count);
        int bytes = (int)((byte*)list + list->ListSize - (byte*)second);
        Buffer.MemoryCopy(second, &list->List, bytes, bytes);
        list->AlternativeLists--;
        irp->IoStatus.Status = STATUS_SUCCESS;
    }

    private DeviceNode Add(TestFunction function, InterruptPreference preference = InterruptPreference.Registry)
    {
        DeviceNode node = Enumerate(function, preference);
        Start(node);
        return node;
    }

    private DeviceNode Enumerate(TestFunction function, InterruptPreference preference) =>
        _machine.Run(() => _machine.Kernel.Pnp.Enumerate(function.Description, preference));

    private void Start(DeviceNode node) => _machine.Run(() =>
    {
        if (_machine.Kernel.Pnp.AddDrivers(node, _driver.Object).IsSuccess)
            _machine.Kernel.Pnp.Start(node);
    });

    /// <summary>An MSI-X table: plain memory.</summary>
    private sealed class TestTable : ITestDevice
    {
        private readonly uint[] _words = new uint[16];

        public uint[] Entry(int index) => _words[(index * 4)..(index * 4 + 4)];

        public ulong Read(ulong offset, int width) => _words[offset / 4];

        public void Write(ulong offset, int width, ulong value) => _words[offset / 4] = (uint)value;
    }
}
