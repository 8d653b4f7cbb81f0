namespace Hil.Kernel.Tests.Ob;

public sealed unsafe class ObjectTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    private ObjectTable Objects => _machine.Kernel.Objects;

    [Fact]
    public void LastReferenceDeletesTheObject() => _machine.Run(() =>
    {
        bool isDeleted = false;
        KEVENT* body = NewEvent(() => isDeleted = true);

        Assert.Equal(2, ObfReferenceObject(body));
        Assert.Equal(1, ObfDereferenceObject(body));
        Assert.False(isDeleted);
        Assert.Equal(0, ObfDereferenceObject(body));
        Assert.True(isDeleted);
    });

    [Fact]
    public void LastReferenceAtDispatchLevelDeletesAtPassiveLevel()
    {
        KIRQL? deletedAt = null;
        _machine.Run(() =>
        {
            KEVENT* body = NewEvent(() => deletedAt = KeGetCurrentIrql());
            KIRQL irql = KeRaiseIrqlToDpcLevel();
            ObfDereferenceObject(body);
            Assert.Null(deletedAt);
            KeLowerIrql(irql);
        });
        _machine.Run(TestMachine.Settle);

        Assert.Equal(new KIRQL(PASSIVE_LEVEL), deletedAt);
    }

    [Fact]
    public void DeferredDereferenceDoesNotDeleteOnTheCallersStack()
    {
        bool isDeleted = false;
        _machine.Run(() =>
        {
            KEVENT* body = NewEvent(() => isDeleted = true);
            ObDereferenceObjectDeferDelete(body);
            Assert.False(isDeleted);
        });
        _machine.Run(TestMachine.Settle);

        Assert.True(isDeleted);
    }

    [Fact]
    public void DereferenceOfADeletedObjectIsReferenceByPointer()
    {
        ulong address = 0;
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            KEVENT* body = NewEvent();
            address = (ulong)body;
            ObfDereferenceObject(body);
            ObfDereferenceObject(body);
        });

        Assert.Equal(BugCheckCodes.REFERENCE_BY_POINTER, report.Code);
        Assert.Equal(address, report.Parameter2);
    }

    [Fact]
    public void HandleKeepsTheObjectAndCloseEndsIt() => _machine.Run(() =>
    {
        bool isDeleted = false;
        KEVENT* body = NewEvent(() => isDeleted = true);
        void* handle;
        NTSTATUS status = ObOpenObjectByPointer(body, 0, null, 0, null, KPROCESSOR_MODE.KernelMode, &handle);
        Assert.Equal(STATUS_SUCCESS, status);

        ObfDereferenceObject(body);
        Assert.False(isDeleted);

        Assert.Equal(STATUS_SUCCESS, ZwClose(handle));
        Assert.True(isDeleted);
        Assert.Equal(STATUS_INVALID_HANDLE, ZwClose(handle));
    });

    [Fact]
    public void HandleIsResolvedOnlyToTheExpectedType() => _machine.Run(() =>
    {
        KEVENT* body = NewEvent();
        void* handle;
        ObOpenObjectByPointer(body, 0, null, 0, null, KPROCESSOR_MODE.KernelMode, &handle);
        void* found;

        Assert.Equal(STATUS_OBJECT_TYPE_MISMATCH, Resolve(handle, TypeOf("IoFileObjectType"), &found));
        Assert.Equal(STATUS_SUCCESS, Resolve(handle, TypeOf("ExEventObjectType"), &found));
        Assert.True(found == body);
        Assert.Equal(STATUS_INVALID_HANDLE, Resolve((void*)4, null, &found));
    });

    [Fact]
    public void NamedEventIsOneForAllWhoCreateIt() => _machine.Run(() =>
    {
        UNICODE_STRING* name = DriverString.Create(_machine.Kernel, @"\BaseNamedObjects\Ready");
        void* first;
        void* second;

        KEVENT* one = IoCreateNotificationEvent(name, &first);
        KEVENT* other = IoCreateSynchronizationEvent(name, &second);

        Assert.True(one != null && one == other);
        Assert.Equal(1, KeReadStateEvent(one));
        ZwClose(first);
        Assert.NotNull(Objects.Names.Find(@"\BaseNamedObjects\Ready"));
        ZwClose(second);
        Assert.Null(Objects.Names.Find(@"\BaseNamedObjects\Ready"));
    });

    [Theory]
    [TextCases("Ob/names.txt")]
    public void PathLeadsWhereItShould(string path, string status, string rest) => _machine.Run(() =>
    {
        Insert(@"\Device\Disk", ObjectType.Device, null);
        Insert(@"\DosDevices\D", ObjectType.SymbolicLink, @"\Device\Disk");
        Insert(@"\??\Deep", ObjectType.SymbolicLink, @"\DosDevices\D");
        Insert(@"\??\LoopA", ObjectType.SymbolicLink, @"\??\LoopB");
        Insert(@"\??\LoopB", ObjectType.SymbolicLink, @"\??\LoopA");
        Insert(@"\??\Dangling", ObjectType.SymbolicLink, @"\Device\Nothing");

        NTSTATUS outcome = Objects.Names.Parse(path, out KernelObject? found, out string remainder);

        Assert.Equal(Io.Statuses.Parse(status), outcome);
        if (outcome.IsSuccess)
        {
            Assert.Equal(@"\Device\Disk", found!.Name);
            Assert.Equal(rest == "-" ? "" : rest, remainder);
        }
    });

    private void Insert(string path, ObjectType type, string? target) =>
        Assert.Equal(STATUS_SUCCESS, Objects.Names.Insert(path, Objects.Add(type, null, target)));

    private KEVENT* NewEvent(Action? deleted = null)
    {
        KEVENT* body = _machine.New<KEVENT>();
        Objects.Add(ObjectType.Event, body, deleted: _ => deleted?.Invoke());
        return body;
    }

    private void* TypeOf(string variable)
    {
        Assert.True(_machine.Kernel.Data.TryFind(variable, out ulong address));
        return *(void**)address;
    }

    private static NTSTATUS Resolve(void* handle, void* type, void** found) =>
        ObReferenceObjectByHandle(handle, 0, type, KPROCESSOR_MODE.KernelMode, found, null);
}
