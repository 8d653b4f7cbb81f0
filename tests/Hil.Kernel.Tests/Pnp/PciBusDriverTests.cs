namespace Hil.Kernel.Tests.Pnp;

public sealed unsafe class PciBusDriverTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void DeviceIdNamesSubsystemAndRevision()
    {
        DeviceNode node = Enumerate(TestFunction.Plain(_machine));

        Assert.Equal(@"PCI\VEN_1234&DEV_11E8&SUBSYS_11001AF4&REV_10", node.DeviceId);
        Assert.StartsWith(node.DeviceId + @"\3&", node.InstancePath);
        Assert.EndsWith("&0&18", node.InstancePath);
    }

    [Fact]
    public void HardwareIdsGoFromSpecificToGeneral()
    {
        DeviceNode node = Enumerate(TestFunction.Plain(_machine));

        Assert.Equal(
            [
                @"PCI\VEN_1234&DEV_11E8&SUBSYS_11001AF4&REV_10",
                @"PCI\VEN_1234&DEV_11E8&SUBSYS_11001AF4",
                @"PCI\VEN_1234&DEV_11E8&CC_00FF00",
                @"PCI\VEN_1234&DEV_11E8&CC_00FF",
            ],
            node.HardwareIds);
    }

    [Fact]
    public void CompatibleIdsEndWithTheClass()
    {
        DeviceNode node = Enumerate(TestFunction.Plain(_machine));

        Assert.Equal(@"PCI\VEN_1234&DEV_11E8&REV_10", node.CompatibleIds[0]);
        Assert.Equal(@"PCI\CC_00FF", node.CompatibleIds[^1]);
    }

    [Fact]
    public void LocationAndDescriptionAreTexts()
    {
        DeviceNode node = Enumerate(TestFunction.Plain(_machine));

        Assert.Equal("PCI bus 0, device 3, function 0", node.Location);
        Assert.Equal("PCI Device", node.Description);
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 5)]
    [InlineData(2, 1)]
    public void BusInterfaceReadsConfigurationSpaceAtAnyAlignment(uint offset, uint length)
    {
        DeviceNode node = Enumerate(TestFunction.Plain(_machine));
        byte[] config = _machine.Bus.Config(node.Function!.Address);

        byte[] read = _machine.Run(() =>
        {
            BUS_INTERFACE_STANDARD bus = QueryBusInterface(node);
            byte* buffer = (byte*)_machine.New<long>();
            ReadOnlySpan<ulong> arguments = [(ulong)bus.Context, PCI_WHICHSPACE_CONFIG, (ulong)buffer, offset, length];
            Assert.Equal(length, (uint)_machine.Kernel.Processor.Call(bus.GetBusData, arguments));
            return new ReadOnlySpan<byte>(buffer, (int)length).ToArray();
        });

        Assert.Equal(config[(int)offset..(int)(offset + length)], read);
    }

    [Fact]
    public void BusInterfaceWritesConfigurationSpace()
    {
        TestFunction function = TestFunction.Plain(_machine);
        DeviceNode node = Enumerate(function);

        _machine.Run(() =>
        {
            BUS_INTERFACE_STANDARD bus = QueryBusInterface(node);
            byte* buffer = (byte*)_machine.New<long>();
            buffer[0] = 0x5A;
            ReadOnlySpan<ulong> arguments = [(ulong)bus.Context, PCI_WHICHSPACE_CONFIG, (ulong)buffer, 0x3C, 1];
            _machine.Kernel.Processor.Call(bus.SetBusData, arguments);
        });

        Assert.Equal(0x5A, function.Get(0x3C));
    }

    [Fact]
    public void BusDataBeyondConfigurationSpaceIsCutOff()
    {
        DeviceNode node = Enumerate(TestFunction.Plain(_machine));

        ulong moved = _machine.Run(() =>
        {
            BUS_INTERFACE_STANDARD bus = QueryBusInterface(node);
            ReadOnlySpan<ulong> arguments =
                [(ulong)bus.Context, PCI_WHICHSPACE_CONFIG, (ulong)_machine.New<long>(), 0xFFE, 8];
            return _machine.Kernel.Processor.Call(bus.GetBusData, arguments);
        });

        Assert.Equal(2ul, moved);
    }

    [Fact]
    public void PulledDeviceReadsAsAllOnes()
    {
        DeviceNode node = Enumerate(TestFunction.Plain(_machine));
        node.IsPresent = false;

        uint read = _machine.Run(() =>
        {
            BUS_INTERFACE_STANDARD bus = QueryBusInterface(node);
            uint* buffer = _machine.New<uint>();
            ReadOnlySpan<ulong> arguments = [(ulong)bus.Context, PCI_WHICHSPACE_CONFIG, (ulong)buffer, 0, 4];
            _machine.Kernel.Processor.Call(bus.GetBusData, arguments);
            return *buffer;
        });

        Assert.Equal(uint.MaxValue, read);
    }

    [Fact]
    public void UnknownInterfaceKeepsTheStatusOfTheRequest()
    {
        DeviceNode node = Enumerate(TestFunction.Plain(_machine));

        NTSTATUS status = _machine.Run(() => QueryInterface(node, Guid.NewGuid(), out _));

        Assert.Equal(STATUS_NOT_SUPPORTED, status);
    }

    [Fact]
    public void ReadConfigReturnsTheBytesMoved()
    {
        DeviceNode node = Enumerate(TestFunction.Plain(_machine));

        (NTSTATUS status, nuint moved, uint value) = _machine.Run(() =>
        {
            uint* buffer = _machine.New<uint>();
            var parameters = new IO_STACK_LOCATION.ParametersUnion
            {
                ReadWriteConfig = { WhichSpace = PCI_WHICHSPACE_CONFIG, Buffer = buffer, Offset = 0, Length = 4 },
            };
            (NTSTATUS sent, nuint information) = Send(node, IRP_MN_READ_CONFIG, parameters);
            return (sent, information, *buffer);
        });

        Assert.Equal(STATUS_SUCCESS, status);
        Assert.Equal((nuint)4, moved);
        Assert.Equal(0x11E8_1234u, value);
    }

    [Fact]
    public void CapabilitiesFollowThePowerManagementCapability()
    {
        DeviceNode node = Enumerate(TestFunction.WithPower(_machine));

        Assert.Equal(1u, node.Capabilities.DeviceD1);
        Assert.Equal(0u, node.Capabilities.DeviceD2);
        Assert.Equal(3u << 16, node.Capabilities.Address);
    }

    [Fact]
    public void DevicePowerIsWrittenToTheControlRegister()
    {
        TestFunction function = TestFunction.WithPower(_machine);
        DeviceNode node = Enumerate(function);

        _machine.Run(() => _machine.Kernel.Pnp.SetDevicePower(node, DEVICE_POWER_STATE.PowerDeviceD3));
        Assert.Equal(3, function.Get(TestFunction.Power + 4) & 3);

        _machine.Run(() => _machine.Kernel.Pnp.SetDevicePower(node, DEVICE_POWER_STATE.PowerDeviceD0));
        Assert.Equal(0, function.Get(TestFunction.Power + 4) & 3);
    }

    [Fact]
    public void HeaderThatD3LosesIsBackInD0()
    {
        TestFunction function = TestFunction.WithPower(_machine);
        DeviceNode node = Enumerate(function);
        function.Put(0x10, 0x1230);
        function.Put(4, 6);

        _machine.Run(() =>
        {
            _machine.Kernel.Pnp.SetDevicePower(node, DEVICE_POWER_STATE.PowerDeviceD3);
            function.Put(0x10, 0);
            function.Put(4, 0);
            _machine.Kernel.Pnp.SetDevicePower(node, DEVICE_POWER_STATE.PowerDeviceD0);
        });

        Assert.Equal(0x1230, function.Get(0x10));
        Assert.Equal(6, function.Command);
    }

    [Fact]
    public void StateThatTheDeviceLacksIsRefused()
    {
        DeviceNode node = Enumerate(TestFunction.WithPower(_machine));

        NTSTATUS status = _machine.Run(
            () => _machine.Kernel.Pnp.SetDevicePower(node, DEVICE_POWER_STATE.PowerDeviceD2));

        Assert.Equal(STATUS_POWER_STATE_INVALID, status);
    }

    [Fact]
    public void TargetDeviceRelationIsTheReferencedPhysicalDevice()
    {
        DeviceNode node = Enumerate(TestFunction.Plain(_machine));

        _machine.Run(() =>
        {
            var parameters = new IO_STACK_LOCATION.ParametersUnion
            {
                QueryDeviceRelations = { Type = DEVICE_RELATION_TYPE.TargetDeviceRelation },
            };
            (NTSTATUS status, nuint information) = Send(node, IRP_MN_QUERY_DEVICE_RELATIONS, parameters);
            var relations = (DEVICE_RELATIONS*)information;

            Assert.Equal(STATUS_SUCCESS, status);
            Assert.Equal(1u, relations->Count);
            Assert.True(relations->Objects == node.PhysicalDevice);
            ObfDereferenceObject(relations->Objects);
            ExFreePool(relations);
        });
    }

    private DeviceNode Enumerate(TestFunction function) =>
        _machine.Run(() => _machine.Kernel.Pnp.Enumerate(function.Description));

    private BUS_INTERFACE_STANDARD QueryBusInterface(DeviceNode node)
    {
        var busInterfaceStandard = new Guid("496b8280-6f25-11d0-beaf-08002be2092f");
        Assert.Equal(STATUS_SUCCESS, QueryInterface(node, busInterfaceStandard, out BUS_INTERFACE_STANDARD answer));
        return answer;
    }

    private NTSTATUS QueryInterface(DeviceNode node, Guid type, out BUS_INTERFACE_STANDARD answer)
    {
        Guid* typeStorage = _machine.New<Guid>();
        *typeStorage = type;
        BUS_INTERFACE_STANDARD* storage = _machine.New<BUS_INTERFACE_STANDARD>();
        var parameters = new IO_STACK_LOCATION.ParametersUnion
        {
            QueryInterface =
            {
                InterfaceType = typeStorage,
                Size = (ushort)sizeof(BUS_INTERFACE_STANDARD),
                Version = 1,
                Interface = (INTERFACE*)storage,
            },
        };
        NTSTATUS status = Send(node, IRP_MN_QUERY_INTERFACE, parameters).Status;
        answer = *storage;
        return status;
    }

    // As a driver sends it: synchronously to the top of the stack.
    private (NTSTATUS Status, nuint Information) Send(
        DeviceNode node, byte minor, IO_STACK_LOCATION.ParametersUnion parameters)
    {
        KEVENT* done = _machine.New<KEVENT>();
        IO_STATUS_BLOCK* result = _machine.New<IO_STATUS_BLOCK>();
        KeInitializeEvent(done, EVENT_TYPE.NotificationEvent, false);
        IRP* irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, node.PhysicalDevice, null, 0, null, done, result);
        irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
        IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
        location->MinorFunction = minor;
        location->Parameters = parameters;
        NTSTATUS status = IofCallDriver(node.PhysicalDevice, irp);
        return (status, result->Information);
    }
}
