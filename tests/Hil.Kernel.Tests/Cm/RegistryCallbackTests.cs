namespace Hil.Kernel.Tests.Cm;

public sealed unsafe class RegistryCallbackTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly List<string> _log = [];
    private readonly RegistryKey _key;
    private readonly long* _cookie;
    private void* _handle;

    public RegistryCallbackTests()
    {
        _key = _machine.Kernel.Registry.CreateService("edu");
        _cookie = _machine.New<long>();
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void HigherIsToldEarlierAndOfTheEndLater() => _machine.Run(() =>
    {
        OpenKey();
        Register("100", Note("low"));
        Register("100.5", Note("high"));
        Register(null, Note("none"));

        Assert.Equal(STATUS_SUCCESS, Set("Depth"));

        const int Before = (int)REG_NOTIFY_CLASS.RegNtPreSetValueKey;
        const int After = (int)REG_NOTIFY_CLASS.RegNtPostSetValueKey;
        Assert.Equal(
            [$"high {Before}", $"low {Before}", $"none {Before}", $"none {After}", $"low {After}", $"high {After}"],
            _log);
        Assert.NotNull(_key.FindValue("Depth"));
    });

    [Fact]
    public void RefusedOperationDoesNotHappenAndOnlyTheHigherHearOfIt() => _machine.Run(() =>
    {
        OpenKey();
        Register("3", Note("high"));
        Register("2", Note("refuses", REG_NOTIFY_CLASS.RegNtPreSetValueKey, STATUS_ACCESS_DENIED));
        Register("1", Note("low"));

        Assert.Equal(STATUS_ACCESS_DENIED, Set("Depth"));

        Assert.Equal(["high 1", "refuses 1", "high 16"], _log);
        Assert.Null(_key.FindValue("Depth"));
    });

    [Fact]
    public void BypassedOperationSucceedsWithoutHappening() => _machine.Run(() =>
    {
        OpenKey();
        Register("2", Note("does it", REG_NOTIFY_CLASS.RegNtPreSetValueKey, STATUS_CALLBACK_BYPASS));

        Assert.Equal(STATUS_SUCCESS, Set("Depth"));
        Assert.Null(_key.FindValue("Depth"));
    });

    [Fact]
    public void EndMayBeGivenAnotherStatus() => _machine.Run(() =>
    {
        OpenKey();
        Register("2", _machine.Routine((_, kind, information, _) =>
        {
            if ((REG_NOTIFY_CLASS)kind != REG_NOTIFY_CLASS.RegNtPostSetValueKey)
                return 0;
            var end = (REG_POST_OPERATION_INFORMATION*)information;
            Assert.Equal(STATUS_SUCCESS, end->Status);
            end->ReturnStatus = STATUS_UNSUCCESSFUL;
            return (uint)STATUS_CALLBACK_BYPASS.Value;
        }));

        Assert.Equal(STATUS_UNSUCCESSFUL, Set("Depth"));
        Assert.NotNull(_key.FindValue("Depth"));
    });

    [Fact]
    public void ContextOfACallGoesFromItsBeginToItsEnd() => _machine.Run(() =>
    {
        OpenKey();
        ulong seen = 0;
        Register("2", _machine.Routine((_, kind, information, _) =>
        {
            if ((REG_NOTIFY_CLASS)kind == REG_NOTIFY_CLASS.RegNtPreSetValueKey)
                ((REG_SET_VALUE_KEY_INFORMATION*)information)->CallContext = (void*)77;
            else if ((REG_NOTIFY_CLASS)kind == REG_NOTIFY_CLASS.RegNtPostSetValueKey)
                seen = (ulong)((REG_POST_OPERATION_INFORMATION*)information)->CallContext;
            return 0;
        }));
        Set("Depth");

        Assert.Equal(77ul, seen);
    });

    [Fact]
    public void ObjectContextComesBackAndIsCleanedUpWithTheHandle() => _machine.Run(() =>
    {
        OpenKey();
        ulong inSet = 0, cleaned = 0;
        long* cookie = _cookie;
        Register("2", _machine.Routine((_, kind, information, _) =>
        {
            switch ((REG_NOTIFY_CLASS)kind)
            {
                case REG_NOTIFY_CLASS.RegNtPreSetValueKey:
                    var set = (REG_SET_VALUE_KEY_INFORMATION*)information;
                    inSet = (ulong)set->ObjectContext;
                    Assert.Equal(STATUS_SUCCESS, CmSetCallbackObjectContext(set->Object, cookie, (void*)5, null));
                    break;
                case REG_NOTIFY_CLASS.RegNtCallbackObjectContextCleanup:
                    cleaned = (ulong)((REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION*)information)->ObjectContext;
                    break;
            }
            return 0;
        }));

        Set("Depth");
        Assert.Equal(0ul, inSet);
        Set("Depth");
        Assert.Equal(5ul, inSet);
        Assert.Equal(0ul, cleaned);
        ZwClose(_handle);
        Assert.Equal(5ul, cleaned);
    });

    [Fact]
    public void EndOfTheRegistrationCleansContextsUp() => _machine.Run(() =>
    {
        OpenKey();
        Register("2", Note("filter"));
        void* key = Reference();
        void* old;
        CmSetCallbackObjectContext(key, _cookie, (void*)5, &old);
        CmSetCallbackObjectContext(key, _cookie, (void*)6, &old);
        Assert.Equal(5ul, (ulong)old);

        Assert.Equal(STATUS_SUCCESS, CmUnRegisterCallback(*_cookie));

        Assert.Equal([$"filter {(int)REG_NOTIFY_CLASS.RegNtCallbackObjectContextCleanup}"], _log);
        Assert.Equal(STATUS_INVALID_PARAMETER, CmUnRegisterCallback(*_cookie));
        Assert.Equal(STATUS_SUCCESS, Set("Depth"));
        Assert.Single(_log);
    });

    [Fact]
    public void OpenedKeyIsGivenToWhoHearsOfTheEnd() => _machine.Run(() =>
    {
        string name = "", opened = "";
        Register("2", _machine.Routine((_, kind, information, _) =>
        {
            if ((REG_NOTIFY_CLASS)kind == REG_NOTIFY_CLASS.RegNtPreOpenKeyEx)
                name = DriverString.Read(((REG_CREATE_KEY_INFORMATION_V1*)information)->CompleteName);
            if ((REG_NOTIFY_CLASS)kind == REG_NOTIFY_CLASS.RegNtPostOpenKeyEx)
                opened = NameOf(((REG_POST_OPERATION_INFORMATION*)information)->Object);
            return 0;
        }));
        OpenKey();

        Assert.Equal(_key.Path, name);
        Assert.Equal(_key.Path, opened);
    });

    [Fact]
    public void BypassedOpenReturnsTheCallbacksKey() => _machine.Run(() =>
    {
        RegistryKey other = _machine.Kernel.Registry.CreateService("other");
        Register("2", _machine.Routine((_, kind, information, _) =>
        {
            if ((REG_NOTIFY_CLASS)kind != REG_NOTIFY_CLASS.RegNtPreOpenKeyEx)
                return 0;
            void* own = KeyHandle.Open(other, 0);
            var open = (REG_CREATE_KEY_INFORMATION_V1*)information;
            ObReferenceObjectByHandle(own, 0, null, KPROCESSOR_MODE.KernelMode, open->ResultObject, null);
            ZwClose(own);
            return (uint)STATUS_CALLBACK_BYPASS.Value;
        }));
        OpenKey();

        Assert.Equal(STATUS_SUCCESS, KeyHandle.Find(_handle, out RegistryKey found));
        Assert.Same(other, found);
    });

    [Fact]
    public void RefusedOpenLeavesNoHandle() => _machine.Run(() =>
    {
        int handles = _machine.Kernel.Objects.Handles.Count;
        Register("2", Note("refuses", REG_NOTIFY_CLASS.RegNtPreCreateKeyEx, STATUS_ACCESS_DENIED));
        UNICODE_STRING* name = DriverString.Create(_machine.Kernel, _key.Path + @"\New");
        var attributes = new OBJECT_ATTRIBUTES { Length = (uint)sizeof(OBJECT_ATTRIBUTES), ObjectName = name };
        void* handle;

        Assert.Equal(STATUS_ACCESS_DENIED, ZwCreateKey(&handle, 0, &attributes, 0, null, 0, null));

        Assert.Null(_key.Find("New"));
        Assert.Equal(handles, _machine.Kernel.Objects.Handles.Count);
    });

    [Fact]
    public void ValuesOfTheRunTimeLibraryAreAnnounced() => _machine.Run(() =>
    {
        Register("2", Note("refuses", REG_NOTIFY_CLASS.RegNtPreSetValueKey, STATUS_ACCESS_DENIED));
        UNICODE_STRING* path = DriverString.Create(_machine.Kernel, _key.Path);
        UNICODE_STRING* name = DriverString.Create(_machine.Kernel, "Depth");

        Assert.Equal(STATUS_ACCESS_DENIED, RtlWriteRegistryValue(0, path->Buffer, name->Buffer, REG_DWORD, _cookie, 4));
        _key.SetDword("Depth", 4);
        Assert.Equal(STATUS_SUCCESS, RtlDeleteRegistryValue(0, path->Buffer, name->Buffer));

        Assert.Contains($"refuses {(int)REG_NOTIFY_CLASS.RegNtPostDeleteValueKey}", _log);
        Assert.Null(_key.FindValue("Depth"));
    });

    [Fact]
    public void AltitudeIsTakenOnceAndMustBeANumber() => _machine.Run(() =>
    {
        Assert.Equal(STATUS_SUCCESS, Register("380000", Note("a")));
        Assert.Equal(STATUS_FLT_INSTANCE_ALTITUDE_COLLISION, Register("380000.0", Note("b")));
        Assert.Equal(STATUS_INVALID_PARAMETER, Register("high", Note("c")));
    });

    [Fact]
    public void ObjectsOfOneKeyHaveOneIdentity() => _machine.Run(() =>
    {
        OpenKey();
        Register("2", Note("filter"));
        void* first = Reference();
        OpenKey();
        void* second = Reference();
        nuint one, other;
        UNICODE_STRING* name;
        UNICODE_STRING* again;

        Assert.Equal(STATUS_SUCCESS, CmCallbackGetKeyObjectID(_cookie, first, &one, &name));
        Assert.Equal(STATUS_SUCCESS, CmCallbackGetKeyObjectID(_cookie, first, &one, &again));
        Assert.Equal(STATUS_SUCCESS, CmCallbackGetKeyObjectID(_cookie, second, &other, null));

        Assert.True(first != second && one == other && name == again);
        Assert.Equal(_key.Path, DriverString.Read(name));
        Assert.Equal(STATUS_INVALID_PARAMETER, CmCallbackGetKeyObjectID(_cookie, _cookie, &one, null));
    });

    private void OpenKey()
    {
        UNICODE_STRING* name = DriverString.Create(_machine.Kernel, _key.Path);
        var attributes = new OBJECT_ATTRIBUTES { Length = (uint)sizeof(OBJECT_ATTRIBUTES), ObjectName = name };
        void* handle;
        Assert.Equal(STATUS_SUCCESS, ZwOpenKey(&handle, 0, &attributes));
        _handle = handle;
    }

    private NTSTATUS Set(string value)
    {
        uint data = 4;
        UNICODE_STRING* name = DriverString.Create(_machine.Kernel, value);
        uint* copy = (uint*)_machine.New<long>();
        *copy = data;
        return ZwSetValueKey(_handle, name, 0, REG_DWORD, copy, sizeof(uint));
    }

    private void* Reference()
    {
        void* found;
        NTSTATUS status = ObReferenceObjectByHandle(_handle, 0, null, KPROCESSOR_MODE.KernelMode, &found, null);
        Assert.Equal(STATUS_SUCCESS, status);
        return found;
    }

    private string NameOf(void* key) => ((RegistryKey)_machine.Kernel.Objects.Find(key)!.Payload!).Path;

    private NTSTATUS Register(string? altitude, DriverRoutine routine) => altitude == null
        ? CmRegisterCallback(routine, null, _cookie)
        : CmRegisterCallbackEx(
            routine, DriverString.Create(_machine.Kernel, altitude), null, null, _cookie, null);

    private DriverRoutine Note(
        string who, REG_NOTIFY_CLASS refused = (REG_NOTIFY_CLASS)(-1), NTSTATUS status = default) =>
        _machine.Routine((_, kind, _, _) =>
        {
            _log.Add($"{who} {(int)kind}");
            return (REG_NOTIFY_CLASS)kind == refused ? (uint)status.Value : 0u;
        });
}
