namespace Hil.Kernel.Tests.Pnp;

public sealed unsafe class LegacyHardwareTests : IDisposable
{
    private const uint PciConfiguration = 4;
    private const uint Slot3 = 3;

    private readonly TestMachine _machine = new();
    private readonly TestDriver _driver;
    private readonly TestFunction _function;

    public LegacyHardwareTests()
    {
        _driver = new TestDriver(_machine);
        _function = TestFunction.Plain(_machine);
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void BusDataIsConfigurationSpace() => _machine.Run(() =>
    {
        uint* buffer = _machine.New<uint>();

        Assert.Equal(4u, HalGetBusData(PciConfiguration, 0, Slot3, buffer, 4));
        Assert.Equal(0x11E8_1234u, *buffer);
    });

    [Fact]
    public void EmptySlotHasOnlyAnInvalidVendor() => _machine.Run(() =>
    {
        uint* buffer = _machine.New<uint>();

        Assert.Equal(2u, HalGetBusData(PciConfiguration, 0, 9, buffer, 4));
        Assert.Equal((ushort)0xFFFF, *(ushort*)buffer);
    });

    [Fact]
    public void BusThatIsNotThereHasNoData() => _machine.Run(() =>
    {
        uint* buffer = _machine.New<uint>();

        Assert.Equal(0u, HalGetBusData(PciConfiguration, 7, 0, buffer, 4));
        Assert.Equal(0u, HalSetBusData(PciConfiguration, 7, 0, buffer, 4));
    });

    [Fact]
    public void BusBehindABridgeHasData()
    {
        byte[] bridge = _machine.Bus.Config(new PciAddress(0, 30, 0));
        bridge[0x0E] = 1;
        bridge[0x19] = 7;
        _machine.Bus.Config(new PciAddress(7, 1, 0))[0] = 0x34;

        _machine.Run(() =>
        {
            uint* buffer = _machine.New<uint>();

            Assert.Equal(1u, HalGetBusData(PciConfiguration, 7, 1, buffer, 1));
            Assert.Equal(0x34, *(byte*)buffer);
            Assert.Equal(2u, HalGetBusData(PciConfiguration, 7, 2, buffer, 4));
        });
    }

    [Fact]
    public void BusDataIsWrittenByOffset() => _machine.Run(() =>
    {
        byte* buffer = (byte*)_machine.New<long>();
        *buffer = 0x77;

        Assert.Equal(1u, HalSetBusDataByOffset(PciConfiguration, 0, Slot3, buffer, 0x3C, 1));
        Assert.Equal(0x77, _function.Get(0x3C));
    });

    [Fact]
    public void RegistersOfConfigurationSpaceAreWrittenAsAWhole() => _machine.Run(() =>
    {
        byte* buffer = (byte*)_machine.New<long>();
        *(ulong*)buffer = 0x8877_6655_4433_2211;

        Assert.Equal(7u, HalSetBusDataByOffset(PciConfiguration, 0, Slot3, buffer, 0x42, 7));
        Assert.Equal([(0x42, 2), (0x44, 4), (0x48, 1)], _machine.Bus.ConfigWrites.TakeLast(3));
        *(ulong*)buffer = 0;
        Assert.Equal(7u, HalGetBusDataByOffset(PciConfiguration, 0, Slot3, buffer, 0x42, 7));
        Assert.Equal(0x0077_6655_4433_2211u, *(ulong*)buffer);
    });

    [Fact]
    public void InterruptVectorBelongsToItsDirql() => _machine.Run(() =>
    {
        KIRQL irql;
        nuint affinity;

        uint vector = HalGetInterruptVector(INTERFACE_TYPE.PCIBus, 0, 20, 20, &irql, &affinity);

        Assert.Equal(vector >> 4, irql.Value);
        Assert.Equal((nuint)1, affinity);
    });

    [Fact]
    public void ResourcesOfAStartedDeviceCannotBeClaimed() => _machine.Run(() =>
    {
        _machine.Kernel.Pnp.AddDevice(_function.Description, _driver.Object);

        Assert.Equal((STATUS_CONFLICTING_ADDRESSES, true), Claim(TestFunction.BarAddress + 0x1000));
        Assert.Equal((STATUS_SUCCESS, false), Claim(0xD000_0000));
    });

    [Fact]
    public void NewClaimTakesThePlaceOfTheOld() => _machine.Run(() =>
    {
        Claim(TestFunction.BarAddress);
        Claim(0xD000_0000);

        DeviceNode node = _machine.Kernel.Pnp.AddDevice(_function.Description, _driver.Object);

        Assert.Equal(STATUS_SUCCESS, node.Problem);
    });

    [Fact]
    public void DetectedDeviceGetsAPhysicalDevice() => _machine.Run(() =>
    {
        DEVICE_OBJECT* device = null;

        Assert.Equal(
            STATUS_SUCCESS,
            IoReportDetectedDevice(_driver.Object, INTERFACE_TYPE.Isa, 0, 0, null, null, true, &device));

        Assert.Equal(@"Root\test\0000", _machine.Kernel.Pnp.Find(device)!.InstancePath);
    });

    private (NTSTATUS Status, bool IsConflict) Claim(ulong start)
    {
        CM_RESOURCE_LIST* list = _machine.New<CM_RESOURCE_LIST>();
        list->Count = 1;
        list->List.PartialResourceList.Count = 1;
        list->List.PartialResourceList.PartialDescriptors.Type = CmResourceTypeMemory;
        list->List.PartialResourceList.PartialDescriptors.u.Memory.Start = new PHYSICAL_ADDRESS(start);
        list->List.PartialResourceList.PartialDescriptors.u.Memory.Length = 0x1000;
        BOOLEAN conflict;
        NTSTATUS status = IoReportResourceForDetection(
            _driver.Object, list, (uint)sizeof(CM_RESOURCE_LIST), null, null, 0, &conflict);
        return (status, conflict);
    }
}
