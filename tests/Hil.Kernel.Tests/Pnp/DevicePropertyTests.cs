using System.Text;

namespace Hil.Kernel.Tests.Pnp;

public sealed unsafe class DevicePropertyTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly TestDriver _driver;
    private readonly DeviceNode _node;

    public DevicePropertyTests()
    {
        _driver = new TestDriver(_machine);
        TestFunction function = TestFunction.Plain(_machine);
        _node = _machine.Run(() => _machine.Kernel.Pnp.AddDevice(function.Description, _driver.Object));
    }

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(DEVICE_REGISTRY_PROPERTY.DevicePropertyDeviceDescription, "PCI Device")]
    [InlineData(DEVICE_REGISTRY_PROPERTY.DevicePropertyLocationInformation, "PCI bus 0, device 3, function 0")]
    [InlineData(DEVICE_REGISTRY_PROPERTY.DevicePropertyEnumeratorName, "PCI")]
    [InlineData(DEVICE_REGISTRY_PROPERTY.DevicePropertyPhysicalDeviceObjectName, @"\Device\NTPNP_PCI0000")]
    public void TextPropertiesAreTerminated(DEVICE_REGISTRY_PROPERTY property, string expected) =>
        Assert.Equal(expected + '\0', Encoding.Unicode.GetString(Read(property)));

    [Theory]
    [InlineData(DEVICE_REGISTRY_PROPERTY.DevicePropertyLegacyBusType, (uint)INTERFACE_TYPE.PCIBus)]
    [InlineData(DEVICE_REGISTRY_PROPERTY.DevicePropertyBusNumber, 0)]
    [InlineData(DEVICE_REGISTRY_PROPERTY.DevicePropertyAddress, 3u << 16)]
    public void NumberPropertiesAreUlongs(DEVICE_REGISTRY_PROPERTY property, uint expected) =>
        Assert.Equal(expected, BitConverter.ToUInt32(Read(property)));

    [Fact]
    public void ShortBufferSaysHowMuchIsNeeded() => _machine.Run(() =>
    {
        uint needed;
        byte* buffer = (byte*)_machine.New<long>();

        NTSTATUS status = IoGetDeviceProperty(
            _node.PhysicalDevice, DEVICE_REGISTRY_PROPERTY.DevicePropertyDeviceDescription, 4, buffer, &needed);

        Assert.Equal(STATUS_BUFFER_TOO_SMALL, status);
        Assert.Equal((uint)("PCI Device".Length + 1) * 2, needed);
    });

    [Fact]
    public void PropertyThatTheDeviceLacksIsNotFound() => _machine.Run(() =>
    {
        uint needed;
        Assert.Equal(
            STATUS_OBJECT_NAME_NOT_FOUND,
            IoGetDeviceProperty(
                _node.PhysicalDevice, DEVICE_REGISTRY_PROPERTY.DevicePropertyFriendlyName, 0, null, &needed));
    });

    [Fact]
    public void PropertySetByKeyIsReadBack() => _machine.Run(() =>
    {
        DEVPROPKEY* key = _machine.New<DEVPROPKEY>();
        *key = new DEVPROPKEY { fmtid = Guid.NewGuid(), pid = 7 };
        uint* data = _machine.New<uint>();
        *data = 0xC0FFEE;
        uint size, type;

        Assert.Equal(STATUS_SUCCESS, IoSetDevicePropertyData(_node.PhysicalDevice, key, 0, 0, 7, 4, data));
        *data = 0;
        Assert.Equal(STATUS_SUCCESS, IoGetDevicePropertyData(_node.PhysicalDevice, key, 0, 0, 4, data, &size, &type));

        Assert.Equal((0xC0FFEEu, 4u, 7u), (*data, size, type));
    });

    [Fact]
    public void HardwareKeyIsTheDeviceParametersKey() => _machine.Run(() =>
    {
        void* handle;
        Assert.Equal(
            STATUS_SUCCESS, IoOpenDeviceRegistryKey(_node.PhysicalDevice, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &handle));
        _node.ParametersKey.SetDword("Depth", 4);

        byte* buffer = _machine.New<KEY_VALUE_PARTIAL_INFORMATION>() is var partial ? (byte*)partial : null;
        uint length;
        UNICODE_STRING* name = DriverString.Create(_machine.Kernel, "Depth");
        Assert.Equal(
            STATUS_SUCCESS,
            ZwQueryValueKey(
                handle, name, KEY_VALUE_INFORMATION_CLASS.KeyValuePartialInformation, buffer, 16, &length));
        Assert.Equal(4u, *(uint*)(buffer + 12));
        Assert.Equal(STATUS_SUCCESS, ZwClose(handle));
    });

    [Fact]
    public void SoftwareKeyIsBelowTheClass()
    {
        Assert.StartsWith(@"\Registry\Machine\System\ControlSet001\Control\Class\{", _node.SoftwareKey!.Path);
    }

    private byte[] Read(DEVICE_REGISTRY_PROPERTY property) => _machine.Run(() =>
    {
        const int Capacity = 512;
        byte* buffer = (byte*)_machine.Kernel.Pages.Allocate(Capacity, PageAccess.ReadWrite);
        uint length;
        Assert.Equal(STATUS_SUCCESS, IoGetDeviceProperty(_node.PhysicalDevice, property, Capacity, buffer, &length));
        return new ReadOnlySpan<byte>(buffer, (int)length).ToArray();
    });
}
