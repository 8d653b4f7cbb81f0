namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Opens a device's hardware key (PLUGPLAY_REGKEY_DEVICE) or its driver's software key
    /// (PLUGPLAY_REGKEY_DRIVER), in the current hardware profile if so asked.</summary>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND when no driver was installed for the device.</returns>
    /// <remarks>WDK: IoOpenDeviceRegistryKey.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoOpenDeviceRegistryKey(
        DEVICE_OBJECT* deviceObject, uint devInstKeyType, uint desiredAccess, void** deviceRegKey)
    {
        PnpSystem pnp = NtKernel.Current.Pnp;
        DeviceNode node = pnp.Require(deviceObject, nameof(IoOpenDeviceRegistryKey));
        bool isProfile = (devInstKeyType & PLUGPLAY_REGKEY_CURRENT_HWPROFILE) != 0;
        RegistryKey? key;
        switch (devInstKeyType & ~PLUGPLAY_REGKEY_CURRENT_HWPROFILE)
        {
            case PLUGPLAY_REGKEY_DEVICE:
                key = node.ParametersKey;
                break;
            case PLUGPLAY_REGKEY_DRIVER:
                key = node.SoftwareKey;
                break;
            default:
                return STATUS_INVALID_PARAMETER;
        }
        if (key == null)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        if (isProfile)
            key = InCurrentProfile(pnp.Kernel.Registry, key);
        *deviceRegKey = KeyHandle.Open(key, desiredAccess);
        return STATUS_SUCCESS;
    }

    private static RegistryKey InCurrentProfile(Registry registry, RegistryKey key)
    {
        const string ControlSet = @"\Registry\Machine\System\ControlSet001\";
        string relative = key.Path.Replace(ControlSet, "", StringComparison.OrdinalIgnoreCase);
        return registry.Create($@"{ControlSet}Hardware Profiles\Current\System\CurrentControlSet\{relative}");
    }
}
