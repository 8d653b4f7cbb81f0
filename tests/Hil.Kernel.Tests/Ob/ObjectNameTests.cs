namespace Hil.Kernel.Tests.Ob;

public sealed unsafe class ObjectNameTests : IDisposable
{
    private const uint BufferBytes = 256;

    private readonly TestMachine _machine = new();
    private readonly OBJECT_NAME_INFORMATION* _buffer;

    public ObjectNameTests() => _buffer = (OBJECT_NAME_INFORMATION*)_machine.New<long>();

    public void Dispose() => _machine.Dispose();

    private ObjectTable Objects => _machine.Kernel.Objects;

    [Fact]
    public void NameIsWholeAndTerminated() => _machine.Run(() =>
    {
        KEVENT* body = NewEvent(@"\BaseNamedObjects\Ready");
        uint returned;

        Assert.Equal(STATUS_SUCCESS, ObQueryNameString(body, _buffer, BufferBytes, &returned));

        Assert.Equal(@"\BaseNamedObjects\Ready", DriverString.Read(&_buffer->Name));
        Assert.Equal(_buffer->Name.Length + 2, _buffer->Name.MaximumLength);
        Assert.Equal('\0', _buffer->Name.Buffer[_buffer->Name.Length / 2]);
        Assert.Equal(16u + _buffer->Name.MaximumLength, returned);
    });

    [Fact]
    public void ShortBufferGetsTheLengthOnly() => _machine.Run(() =>
    {
        KEVENT* body = NewEvent(@"\BaseNamedObjects\Ready");
        const uint Needed = 16 + 24 * 2;
        uint returned;

        Assert.Equal(STATUS_INFO_LENGTH_MISMATCH, ObQueryNameString(body, null, 0, &returned));
        Assert.Equal(Needed, returned);
        Assert.Equal(STATUS_INFO_LENGTH_MISMATCH, ObQueryNameString(body, _buffer, Needed - 1, &returned));
        Assert.Equal(0, _buffer->Name.Length);
        Assert.Equal(STATUS_SUCCESS, ObQueryNameString(body, _buffer, Needed, &returned));
    });

    [Fact]
    public void ObjectWithoutANameHasAnEmptyOne() => _machine.Run(() =>
    {
        KEVENT* body = NewEvent(null);
        _buffer->Name.Length = 8;
        uint returned;

        Assert.Equal(STATUS_INFO_LENGTH_MISMATCH, ObQueryNameString(body, _buffer, 15, &returned));
        Assert.Equal(STATUS_SUCCESS, ObQueryNameString(body, _buffer, 16, &returned));

        Assert.Equal(16u, returned);
        Assert.True(_buffer->Name is { Length: 0, MaximumLength: 0 } && _buffer->Name.Buffer == null);
    });

    [Fact]
    public void DosNameIsToldByItsDirectory() => _machine.Run(() =>
        Assert.Equal(@"\GLOBAL??\Ready", NameOf(NewEvent(@"\DosDevices\Ready"))));

    [Fact]
    public void KeyIsAnObjectThatAPointerNames() => _machine.Run(() =>
    {
        RegistryKey key = _machine.Kernel.Registry.CreateService("edu");
        void* handle = KeyHandle.Open(key, 0);
        void* found;
        Assert.True(_machine.Kernel.Data.TryFind("CmKeyObjectType", out ulong keyType));
        NTSTATUS status = ObReferenceObjectByHandle(
            handle, 0, *(void**)keyType, KPROCESSOR_MODE.KernelMode, &found, null);
        Assert.Equal(STATUS_SUCCESS, status);

        Assert.True(ObGetObjectType(found) == *(void**)keyType);
        Assert.Equal(key.Path, NameOf(found));
        key.Delete();
        uint returned;
        Assert.Equal(STATUS_KEY_DELETED, ObQueryNameString(found, _buffer, BufferBytes, &returned));

        ZwClose(handle);
        Assert.NotNull(Objects.Find(found));
        ObfDereferenceObject(found);
        Assert.Null(Objects.Find(found));
    });

    [Fact]
    public void TypesAreTheExportedOnesAndDiffer() => _machine.Run(() =>
    {
        Assert.True(_machine.Kernel.Data.TryFind("ExEventObjectType", out ulong eventType));
        void* callback;
        Assert.Equal(STATUS_SUCCESS, ExCreateCallback(&callback, null, true, true));

        Assert.True(ObGetObjectType(NewEvent(null)) == *(void**)eventType);
        void* unnamed = ObGetObjectType(callback);
        Assert.True(unnamed != null && unnamed != *(void**)eventType);
        Assert.True(unnamed == ObGetObjectType(callback));
        Assert.Equal(
            STATUS_SUCCESS, ObReferenceObjectByPointer(callback, 0, unnamed, KPROCESSOR_MODE.KernelMode));
    });

    [Fact]
    public void TaggedReferencesCountAsOthersDo() => _machine.Run(() =>
    {
        const uint Tag = 0x67615453;
        KEVENT* body = NewEvent(null);

        Assert.Equal(2, ObfReferenceObjectWithTag(body, Tag));
        Assert.Equal(
            STATUS_SUCCESS, ObReferenceObjectByPointerWithTag(body, 0, null, KPROCESSOR_MODE.KernelMode, Tag));
        Assert.Equal(2, ObfDereferenceObjectWithTag(body, Tag));
        ObDereferenceObjectDeferDeleteWithTag(body, Tag);
        Assert.Equal(0, ObfDereferenceObject(body));
        Assert.Null(Objects.Find(body));
    });

    [Fact]
    public void NameOfWhatIsNoObjectStopsTheMachine()
    {
        BugCheckReport report = _machine.RunToBugCheck(() => NameOf(_buffer));

        Assert.Equal(BugCheckCodes.REFERENCE_BY_POINTER, report.Code);
    }

    [Fact]
    public void BugCheckIsPublishedToCallbacks()
    {
        _machine.RunToBugCheck(() => KeBugCheckEx(0xDEAD, 1, 2, 3, 4));

        Assert.True(_machine.Kernel.Data.TryFind("KiBugCheckData", out ulong data));
        Assert.Equal([0xDEADul, 1, 2, 3, 4], new Span<ulong>((void*)data, 5).ToArray());
    }

    private string NameOf(void* body)
    {
        uint returned;
        Assert.Equal(STATUS_SUCCESS, ObQueryNameString(body, _buffer, BufferBytes, &returned));
        return DriverString.Read(&_buffer->Name);
    }

    private KEVENT* NewEvent(string? name)
    {
        KEVENT* body = _machine.New<KEVENT>();
        KernelObject made = Objects.Add(ObjectType.Event, body);
        if (name != null)
            Assert.Equal(STATUS_SUCCESS, Objects.Names.Insert(name, made));
        return body;
    }
}
