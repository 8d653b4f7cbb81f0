namespace Hil.Kernel.Tests.Po;

public sealed unsafe class PowerRequestTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void PowerRequestsAreCounted() => _machine.Run(() =>
    {
        const int DisplayRequired = 0, SystemRequired = 1;
        void* request;
        Assert.Equal(STATUS_INVALID_PARAMETER, PoCreatePowerRequest(&request, null, null));
        DEVICE_OBJECT* device = NewDevice();
        Assert.Equal(STATUS_SUCCESS, PoCreatePowerRequest(&request, device, null));

        Assert.Equal(STATUS_NOT_SUPPORTED, PoSetPowerRequest(request, DisplayRequired));
        Assert.Equal(STATUS_UNSUCCESSFUL, PoClearPowerRequest(request, SystemRequired));
        Assert.Equal(STATUS_SUCCESS, PoSetPowerRequest(request, SystemRequired));
        Assert.Equal(STATUS_SUCCESS, PoClearPowerRequest(request, SystemRequired));
        PoDeletePowerRequest(request);
        Assert.Empty(_machine.Kernel.PowerRequests);
    });

    [Fact]
    public void WakeMarkStaysWithItsIrp() => _machine.Run(() =>
    {
        IRP* irp = IoAllocateIrp(1, false);
        Assert.False(PoGetSystemWake(irp));
        PoSetSystemWake(irp);
        Assert.True(PoGetSystemWake(irp));
        IoFreeIrp(irp);
    });

    private DEVICE_OBJECT* NewDevice()
    {
        DRIVER_OBJECT* driver = _machine.Kernel.Io.CreateDriver("power");
        DEVICE_OBJECT* device;
        Assert.Equal(STATUS_SUCCESS, IoCreateDevice(driver, 0, null, 0, 0, false, &device));
        return device;
    }
}
