namespace Hil.Kernel.Tests.Pnp;

public sealed unsafe class TraceTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void ProviderRegistersAndNoSessionListens() => _machine.Run(() =>
    {
        ulong handle;

        Assert.Equal(STATUS_SUCCESS, EtwRegister(_machine.New<Guid>(), default, null, &handle));
        Assert.NotEqual(0ul, handle);
        Assert.False(EtwProviderEnabled(handle, 5, ulong.MaxValue));
        Assert.Equal(STATUS_SUCCESS, EtwUnregister(handle));
        Assert.Equal(STATUS_INVALID_HANDLE, EtwUnregister(handle));
    });

    [Fact]
    public void WmiEventIsFreedWhenItIsTaken() => _machine.Run(() =>
    {
        void* item = ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 64, 0x74736554);

        Assert.Equal(STATUS_SUCCESS, IoWMIWriteEvent(item));
        Assert.True(_machine.Kernel.Pool.IsFreed((ulong)item));
    });

    [Fact]
    public void DeregistrationNeedsARegistration() => _machine.Run(() =>
    {
        const uint Register = 1;
        const uint Deregister = 2;
        DEVICE_OBJECT* device = _machine.New<DEVICE_OBJECT>();

        Assert.Equal(STATUS_SUCCESS, IoWMIRegistrationControl(device, Register));
        Assert.Equal(STATUS_SUCCESS, IoWMIRegistrationControl(device, Deregister));
        Assert.Equal(STATUS_INVALID_PARAMETER, IoWMIRegistrationControl(device, Deregister));
    });

    [Fact]
    public void UuidsDiffer() => _machine.Run(() =>
    {
        Guid* first = _machine.New<Guid>();
        Guid* second = _machine.New<Guid>();

        ExUuidCreate(first);
        ExUuidCreate(second);

        Assert.NotEqual(*first, *second);
        Assert.Equal('4', first->ToString()[14]);
    });
}
