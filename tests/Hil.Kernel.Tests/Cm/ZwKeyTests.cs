namespace Hil.Kernel.Tests.Cm;

public sealed unsafe class ZwKeyTests : IDisposable
{
    private const string Service = @"\Registry\Machine\System\CurrentControlSet\Services\edu";
    private const int BufferBytes = 512;

    private readonly TestMachine _machine = new();
    private readonly RegistryKey _key;
    private readonly byte* _buffer;

    public ZwKeyTests()
    {
        _key = _machine.Kernel.Registry.CreateService("edu");
        _buffer = (byte*)_machine.New<long>();
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void CreateOpensWhatIsThereAndMakesWhatIsNot() => _machine.Run(() =>
    {
        void* handle;
        uint disposition;

        Assert.Equal(STATUS_SUCCESS, Create(Service + @"\Parameters", out handle, out disposition));
        Assert.Equal(1u, disposition);
        Assert.Equal(STATUS_SUCCESS, Create(Service + @"\parameters", out handle, out disposition));
        Assert.Equal(2u, disposition);
    });

    [Fact]
    public void CreateMakesNoKeysOnTheWay() => _machine.Run(() =>
        Assert.Equal(STATUS_OBJECT_NAME_NOT_FOUND, Create(Service + @"\a\b", out _, out _)));

    [Fact]
    public void RelativeNameStartsAtTheRootDirectory() => _machine.Run(() =>
    {
        _key.Create("Parameters").SetDword("Depth", 4);

        Assert.Equal(STATUS_SUCCESS, Open(null, Service, out void* root));
        Assert.Equal(STATUS_SUCCESS, Open(root, "Parameters", out void* handle));

        Assert.Equal(STATUS_SUCCESS, Query(handle, "Depth", out _));
    });

    [Theory]
    [InlineData(@"\Registry\Machine\Nowhere", 0xC0000034)]
    [InlineData(@"\Device\Null", 0xC0000034)]
    [InlineData("Parameters", 0xC000003B)]
    public void NameThatCannotBeOpenedSaysWhy(string path, uint expected) => _machine.Run(() =>
        Assert.Equal(new NTSTATUS(expected), Open(null, path, out _)));

    [Fact]
    public void AbsoluteNameBelowARootDirectoryIsASyntaxError() => _machine.Run(() =>
    {
        Open(null, Service, out void* root);

        Assert.Equal(STATUS_OBJECT_PATH_SYNTAX_BAD, Open(root, @"\Parameters", out _));
    });

    [Fact]
    public void HandleThatIsNoneIsRefused() => _machine.Run(() =>
        Assert.Equal(STATUS_INVALID_HANDLE, Query((void*)0x1234, "Depth", out _)));

    [Fact]
    public void ClosedHandleIsRefused() => _machine.Run(() =>
    {
        Open(null, Service, out void* handle);

        Assert.Equal(STATUS_SUCCESS, ZwClose(handle));
        Assert.Equal(STATUS_INVALID_HANDLE, Query(handle, "Depth", out _));
    });

    [Theory]
    [InlineData(0u, 0xC0000023, 16)]
    [InlineData(11u, 0xC0000023, 16)]
    [InlineData(12u, 0x80000005, 16)]
    [InlineData(15u, 0x80000005, 16)]
    [InlineData(16u, 0, 16)]
    [InlineData(100u, 0, 16)]
    public void PartialInformationObeysTheBufferLength(uint length, uint expected, uint needed) => _machine.Run(() =>
    {
        _key.SetDword("Depth", 0x11223344);
        Open(null, Service, out void* handle);
        new Span<byte>(_buffer, 32).Fill(0xEE);
        uint result;

        NTSTATUS status = ZwQueryValueKey(
            handle, Name("Depth"), KEY_VALUE_INFORMATION_CLASS.KeyValuePartialInformation, _buffer, length, &result);

        Assert.Equal(new NTSTATUS(expected), status);
        Assert.Equal(needed, result);
        Assert.Equal(length < 12 ? 0xEE : 0, _buffer[0]);
        Assert.Equal(length >= 16 ? 0x11 : 0xEE, _buffer[15]);
    });

    [Fact]
    public void FullInformationAlignsTheDataBehindTheName() => _machine.Run(() =>
    {
        _key.SetDword("abc", 0x11223344);
        Open(null, Service, out void* handle);
        uint result;

        Assert.Equal(
            STATUS_SUCCESS,
            ZwQueryValueKey(
                handle, Name("abc"), KEY_VALUE_INFORMATION_CLASS.KeyValueFullInformation, _buffer, BufferBytes,
                &result));

        var full = (KEY_VALUE_FULL_INFORMATION*)_buffer;
        Assert.Equal((REG_DWORD, 28u, 4u, 6u), (full->Type, full->DataOffset, full->DataLength, full->NameLength));
        Assert.Equal(0x11223344u, *(uint*)(_buffer + full->DataOffset));
        Assert.Equal(32u, result);
    });

    [Fact]
    public void ValueWrittenThroughAHandleIsInTheRegistry() => _machine.Run(() =>
    {
        Open(null, Service, out void* handle);
        *(uint*)_buffer = 7;

        Assert.Equal(STATUS_SUCCESS, ZwSetValueKey(handle, Name("Depth"), 0, REG_DWORD, _buffer, 4));
        Assert.Equal(7u, _key.FindDword("Depth"));
        Assert.Equal(STATUS_SUCCESS, ZwDeleteValueKey(handle, Name("Depth")));
        Assert.Equal(STATUS_OBJECT_NAME_NOT_FOUND, ZwDeleteValueKey(handle, Name("Depth")));
    });

    [Fact]
    public void EnumerationEndsAfterTheLastValue() => _machine.Run(() =>
    {
        _key.SetDword("a", 1);
        Open(null, Service, out void* handle);
        uint result;

        Assert.Equal(STATUS_SUCCESS, EnumerateValue(handle, 0, &result));
        Assert.Equal(STATUS_NO_MORE_ENTRIES, EnumerateValue(handle, 1, &result));
    });

    [Fact]
    public void SubkeysAreEnumeratedByName() => _machine.Run(() =>
    {
        _key.Create("Parameters");
        Open(null, Service, out void* handle);
        uint result;

        Assert.Equal(
            STATUS_SUCCESS,
            ZwEnumerateKey(handle, 0, KEY_INFORMATION_CLASS.KeyBasicInformation, _buffer, BufferBytes, &result));

        const int NameLength = 12;
        const int NameStart = 16;
        Assert.Equal("Parameters", new string((char*)(_buffer + NameStart), 0, *(int*)(_buffer + NameLength) / 2));
        Assert.Equal(
            STATUS_NO_MORE_ENTRIES,
            ZwEnumerateKey(handle, 1, KEY_INFORMATION_CLASS.KeyBasicInformation, _buffer, BufferBytes, &result));
    });

    [Fact]
    public void KeyWithSubkeysIsNotDeleted() => _machine.Run(() =>
    {
        _key.Create("Parameters");
        Open(null, Service, out void* handle);

        Assert.Equal(STATUS_CANNOT_DELETE, ZwDeleteKey(handle));
    });

    [Fact]
    public void DeletedKeyIsSeenThroughItsOtherHandles() => _machine.Run(() =>
    {
        Open(null, Service, out void* first);
        Open(null, Service, out void* second);

        Assert.Equal(STATUS_SUCCESS, ZwDeleteKey(first));

        Assert.Equal(STATUS_KEY_DELETED, Query(second, "Depth", out _));
        Assert.Equal(STATUS_OBJECT_NAME_NOT_FOUND, Open(null, Service, out _));
    });

    private UNICODE_STRING* Name(string text) => DriverString.Create(_machine.Kernel, text);

    private OBJECT_ATTRIBUTES* Attributes(void* root, string path)
    {
        OBJECT_ATTRIBUTES* attributes = _machine.New<OBJECT_ATTRIBUTES>();
        attributes->Length = (uint)sizeof(OBJECT_ATTRIBUTES);
        attributes->RootDirectory = root;
        attributes->ObjectName = Name(path);
        attributes->Attributes = OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE;
        return attributes;
    }

    private NTSTATUS Open(void* root, string path, out void* handle)
    {
        void* opened = null;
        NTSTATUS status = ZwOpenKey(&opened, KEY_ALL_ACCESS, Attributes(root, path));
        handle = opened;
        return status;
    }

    private NTSTATUS Create(string path, out void* handle, out uint disposition)
    {
        void* opened = null;
        uint how = 0;
        NTSTATUS status = ZwCreateKey(&opened, KEY_ALL_ACCESS, Attributes(null, path), 0, null, 0, &how);
        handle = opened;
        disposition = how;
        return status;
    }

    private NTSTATUS Query(void* handle, string name, out uint length)
    {
        uint needed = 0;
        NTSTATUS status = ZwQueryValueKey(
            handle, Name(name), KEY_VALUE_INFORMATION_CLASS.KeyValuePartialInformation, _buffer, BufferBytes, &needed);
        length = needed;
        return status;
    }

    private NTSTATUS EnumerateValue(void* handle, uint index, uint* result) => ZwEnumerateValueKey(
        handle, index, KEY_VALUE_INFORMATION_CLASS.KeyValueBasicInformation, _buffer, BufferBytes, result);
}
