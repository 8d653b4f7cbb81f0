namespace Hil.Kernel.Tests.Pnp;

public sealed unsafe class DeviceInterfaceTests : IDisposable
{
    private static readonly Guid s_class = new("11111111-2222-3333-4444-555555555555");
    private static readonly Guid s_arrival = new("cb3a4004-46f0-11d0-b08f-00609713053f");
    private static readonly Guid s_removal = new("cb3a4005-46f0-11d0-b08f-00609713053f");

    private readonly TestMachine _machine = new();
    private readonly TestDriver _driver;
    private readonly DeviceNode _node;
    private readonly Guid* _classStorage;

    public DeviceInterfaceTests()
    {
        _driver = new TestDriver(_machine);
        TestFunction function = TestFunction.Plain(_machine);
        _node = _machine.Run(() => _machine.Kernel.Pnp.AddDevice(function.Description, _driver.Object));
        _classStorage = _machine.New<Guid>();
        *_classStorage = s_class;
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void NameIsTheInstancePathAndTheClass() => _machine.Run(() =>
    {
        string name = DriverString.Read(Register());

        Assert.Equal($@"\??\{_node.InstancePath.Replace('\\', '#')}#{{11111111-2222-3333-4444-555555555555}}", name);
    });

    [Fact]
    public void RegisteringAgainGivesTheSameName() => _machine.Run(() =>
        Assert.Equal(DriverString.Read(Register()), DriverString.Read(Register())));

    [Fact]
    public void InterfaceIsFoundOnlyWhileEnabled() => _machine.Run(() =>
    {
        UNICODE_STRING* name = Register();
        Assert.Empty(_machine.Kernel.Pnp.FindInterfaces(s_class));

        Assert.Equal(STATUS_SUCCESS, IoSetDeviceInterfaceState(name, true));
        Assert.Equal([DriverString.Read(name)], _machine.Kernel.Pnp.FindInterfaces(s_class));

        Assert.Equal(STATUS_SUCCESS, IoSetDeviceInterfaceState(name, false));
        Assert.Empty(_machine.Kernel.Pnp.FindInterfaces(s_class));
    });

    [Fact]
    public void EnabledInterfaceLeadsToThePhysicalDevice() => _machine.Run(() =>
    {
        UNICODE_STRING* name = Register();
        IoSetDeviceInterfaceState(name, true);

        Assert.Equal(((ulong)_node.PhysicalDevice, ""), Open(DriverString.Read(name)));
    });

    [Fact]
    public void ReferenceStringIsWhatTheDriverSeesAsFileName() => _machine.Run(() =>
    {
        UNICODE_STRING* name = Register("left");
        IoSetDeviceInterfaceState(name, true);

        (ulong device, string rest) = Open(DriverString.Read(name));

        Assert.Equal((ulong)_node.PhysicalDevice, device);
        Assert.Equal("left", rest.TrimStart('\\'));
    });

    [Fact]
    public void LinkStaysWhileAnotherReferenceStringIsEnabled() => _machine.Run(() =>
    {
        UNICODE_STRING* left = Register("left");
        UNICODE_STRING* right = Register("right");
        IoSetDeviceInterfaceState(left, true);
        IoSetDeviceInterfaceState(right, true);

        IoSetDeviceInterfaceState(left, false);

        Assert.Equal((ulong)_node.PhysicalDevice, Open(DriverString.Read(right)).Device);
    });

    [Fact]
    public void EnablingTwiceAndDisablingTwiceAreSaid() => _machine.Run(() =>
    {
        UNICODE_STRING* name = Register();

        Assert.Equal(STATUS_OBJECT_NAME_NOT_FOUND, IoSetDeviceInterfaceState(name, false));
        IoSetDeviceInterfaceState(name, true);
        Assert.Equal(STATUS_OBJECT_NAME_EXISTS, IoSetDeviceInterfaceState(name, true));
    });

    [Fact]
    public void UnknownNameIsNotFound() => _machine.Run(() =>
        Assert.Equal(
            STATUS_OBJECT_NAME_NOT_FOUND,
            IoSetDeviceInterfaceState(DriverString.Create(_machine.Kernel, @"\??\nothing"), true)));

    [Fact]
    public void ReferenceStringWithABackslashIsRefused() => _machine.Run(() =>
    {
        UNICODE_STRING* name = _machine.New<UNICODE_STRING>();

        Assert.Equal(
            STATUS_INVALID_DEVICE_REQUEST,
            IoRegisterDeviceInterface(
                _node.PhysicalDevice, _classStorage, DriverString.Create(_machine.Kernel, @"a\b"), name));
    });

    [Fact]
    public void RemovalDisablesWhatTheDriverLeftEnabled() => _machine.Run(() =>
    {
        UNICODE_STRING* name = Register();
        IoSetDeviceInterfaceState(name, true);

        _machine.Kernel.Pnp.Remove(_node);

        Assert.Empty(_machine.Kernel.Pnp.FindInterfaces(s_class));
    });

    [Fact]
    public void ListOfInterfacesEndsWithAnEmptyString() => _machine.Run(() =>
    {
        UNICODE_STRING* name = Register();
        IoSetDeviceInterfaceState(name, true);
        char* list;

        Assert.Equal(STATUS_SUCCESS, IoGetDeviceInterfaces(_classStorage, null, 0, &list));

        string expected = DriverString.Read(name) + "\0\0";
        Assert.Equal(expected, new string(list, 0, expected.Length));
        ExFreePool(list);
    });

    [Fact]
    public void ListenerHearsOfArrivalAndRemoval() => _machine.Run(() =>
    {
        List<(Guid Event, string Name)> heard = [];
        void* entry = Listen(heard, 0);
        UNICODE_STRING* name = Register();

        IoSetDeviceInterfaceState(name, true);
        IoSetDeviceInterfaceState(name, false);

        Assert.Equal([s_arrival, s_removal], heard.Select(h => h.Event));
        Assert.Equal(DriverString.Read(name), heard[0].Name);
        Assert.Equal(STATUS_SUCCESS, IoUnregisterPlugPlayNotification(entry));
    });

    [Fact]
    public void ListenerHearsOfExistingInterfacesIfItAsks() => _machine.Run(() =>
    {
        List<(Guid Event, string Name)> heard = [];
        IoSetDeviceInterfaceState(Register(), true);

        Listen(heard, PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES);

        Assert.Single(heard);
    });

    [Fact]
    public void UnregisteredListenerHearsNothing() => _machine.Run(() =>
    {
        List<(Guid Event, string Name)> heard = [];
        IoUnregisterPlugPlayNotification(Listen(heard, 0));

        IoSetDeviceInterfaceState(Register(), true);

        Assert.Empty(heard);
    });

    [Fact]
    public void InterfaceEnabledDuringStartIsAnnouncedAfterIt()
    {
        List<(Guid Event, string Name)> heard = [];
        int heardInStart = -1;
        var driver = new TestDriver(_machine, "second");
        driver.AfterStart = status =>
        {
            UNICODE_STRING* name = _machine.New<UNICODE_STRING>();
            IoRegisterDeviceInterface(driver.PhysicalDevice, _classStorage, null, name);
            IoSetDeviceInterfaceState(name, true);
            heardInStart = heard.Count;
            return status;
        };
        _machine.Run(() => { Listen(heard, 0); });

        _machine.Run(() => _machine.Kernel.Pnp.AddRootDevice(@"Root\Second", driver.Object));

        Assert.Equal(0, heardInStart);
        Assert.Single(heard);
    }

    private void* Listen(List<(Guid Event, string Name)> heard, uint flags)
    {
        DriverRoutine callback = _machine.Routine((structure, _, _, _) =>
        {
            var notification = (DEVICE_INTERFACE_CHANGE_NOTIFICATION*)structure;
            heard.Add((notification->Event, DriverString.Read(notification->SymbolicLinkName)));
            return 0;
        });
        void* entry;
        Assert.Equal(
            STATUS_SUCCESS,
            IoRegisterPlugPlayNotification(
                IO_NOTIFICATION_EVENT_CATEGORY.EventCategoryDeviceInterfaceChange, flags, _classStorage, _driver.Object,
                callback, null, &entry));
        return entry;
    }

    private UNICODE_STRING* Register(string? reference = null)
    {
        UNICODE_STRING* name = _machine.New<UNICODE_STRING>();
        UNICODE_STRING* suffix = reference == null ? null : DriverString.Create(_machine.Kernel, reference);
        Assert.Equal(STATUS_SUCCESS, IoRegisterDeviceInterface(_node.PhysicalDevice, _classStorage, suffix, name));
        return name;
    }

    private (ulong Device, string FileName) Open(string path)
    {
        NTSTATUS status = _machine.Kernel.Objects.Names.Parse(path, out KernelObject? found, out string rest);
        Assert.Equal(STATUS_SUCCESS, status);
        return (found!.Address, rest);
    }
}
