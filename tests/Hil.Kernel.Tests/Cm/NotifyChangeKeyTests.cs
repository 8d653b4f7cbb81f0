namespace Hil.Kernel.Tests.Cm;

public sealed unsafe class NotifyChangeKeyTests : IDisposable
{
    private const string Path = @"\Registry\Machine\Software\Watched";
    private const uint NameChange = 1;
    private const uint ValueChange = 4;

    private readonly TestMachine _machine = new();
    private readonly RegistryKey _key;

    public NotifyChangeKeyTests() => _key = _machine.Run(() => _machine.Kernel.Registry.Create(Path));

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(ValueChange, false, "", true)]
    [InlineData(NameChange, false, "", false)]
    [InlineData(ValueChange, false, "Below", false)]
    [InlineData(ValueChange, true, "Below", true)]
    public void OnlyWhatTheCallAsksForIsTold(uint filter, bool watchesTree, string changed, bool isTold) =>
        _machine.Run(() =>
        {
            _key.Create("Below");
            IO_STATUS_BLOCK* status = _machine.New<IO_STATUS_BLOCK>();
            status->Status = STATUS_PENDING;
            Assert.Equal(STATUS_PENDING, Watch(Open(), filter, watchesTree, status));

            _key.Create(changed).SetDword("Value", 1);

            Assert.Equal(isTold ? STATUS_NOTIFY_ENUM_DIR : STATUS_PENDING, status->Status);
        });

    [Fact]
    public void EachChangeIsToldOnce() => _machine.Run(() =>
    {
        IO_STATUS_BLOCK* status = _machine.New<IO_STATUS_BLOCK>();
        void* handle = Open();
        Watch(handle, ValueChange, false, status);
        _key.SetDword("Value", 1);

        Assert.Equal(STATUS_PENDING, Watch(handle, ValueChange, false, status));
        _key.SetDword("Value", 2);
        _key.SetDword("Value", 3);

        Assert.Equal(STATUS_NOTIFY_ENUM_DIR, Watch(handle, ValueChange, false, status));
        Assert.Equal(STATUS_PENDING, Watch(handle, ValueChange, false, status));
    });

    [Fact]
    public void ADeletedKeyTellsThoseWhoWatchIt() => _machine.Run(() =>
    {
        IO_STATUS_BLOCK* status = _machine.New<IO_STATUS_BLOCK>();
        void* handle = Open();
        Watch(handle, NameChange, false, status);

        _key.Delete();

        Assert.Equal(STATUS_NOTIFY_ENUM_DIR, status->Status);
        Assert.Equal(STATUS_KEY_DELETED, Watch(handle, NameChange, false, status));
    });

    [Fact]
    public void TheCallMayWait() => _machine.Run(() =>
    {
        IO_STATUS_BLOCK* status = _machine.New<IO_STATUS_BLOCK>();
        void* handle = Open();
        _machine.StartThread(() => _key.SetDword("Value", 1));

        Assert.Equal(STATUS_NOTIFY_ENUM_DIR, ZwNotifyChangeKey(
            handle, null, null, null, status, ValueChange, false, null, 0, false));
    });

    private static NTSTATUS Watch(void* handle, uint filter, bool watchesTree, IO_STATUS_BLOCK* status) =>
        ZwNotifyChangeKey(handle, null, null, null, status, filter, watchesTree, null, 0, true);

    private void* Open()
    {
        OBJECT_ATTRIBUTES* attributes = _machine.New<OBJECT_ATTRIBUTES>();
        attributes->ObjectName = DriverString.Create(_machine.Kernel, Path);
        void* handle;
        Assert.Equal(STATUS_SUCCESS, ZwOpenKey(&handle, GENERIC_ALL, attributes));
        return handle;
    }
}
