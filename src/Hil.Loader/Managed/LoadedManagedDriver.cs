namespace Hil.Loader;

/// <summary>A managed driver that a kernel has a driver object for.</summary>
public sealed unsafe class LoadedManagedDriver : LoadedDriver
{
    internal LoadedManagedDriver(NtKernel kernel, DriverRecord record, ManagedDriver driver)
        : base(kernel, record)
    {
        Driver = driver;
        record.Object->DriverInit = driver.Attach(kernel);
    }

    public ManagedDriver Driver { get; }

    private protected override void FreeCode() => Driver.Detach();
}
