namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint DeviceInterfaceIncludeNonactive = 1;

    /// <summary>Registers a device interface; it is disabled until IoSetDeviceInterfaceState enables it.</summary>
    /// <param name="referenceString">The driver's own suffix, without backslashes; may be null.</param>
    /// <param name="symbolicLinkName">Gets the name; the driver frees it with RtlFreeUnicodeString.</param>
    /// <returns>STATUS_INVALID_DEVICE_REQUEST for a reference string with a backslash.</returns>
    /// <remarks>WDK: IoRegisterDeviceInterface.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoRegisterDeviceInterface(
        DEVICE_OBJECT* physicalDeviceObject, Guid* interfaceClassGuid, UNICODE_STRING* referenceString,
        UNICODE_STRING* symbolicLinkName)
    {
        PnpSystem pnp = NtKernel.Current.Pnp;
        DeviceNode node = pnp.Require(physicalDeviceObject, nameof(IoRegisterDeviceInterface));
        string reference = DriverString.Read(referenceString);
        if (reference.Contains('\\') || reference.Contains('/'))
            return STATUS_INVALID_DEVICE_REQUEST;
        DeviceInterface registered = pnp.Interfaces.Register(node, *interfaceClassGuid, reference);
        return ReturnString(registered.Name, symbolicLinkName);
    }

    /// <summary>Enables or disables a registered interface.</summary>
    /// <returns>STATUS_OBJECT_NAME_EXISTS (a success) when it is enabled already; STATUS_OBJECT_NAME_NOT_FOUND for an
    /// unknown name, and for disabling what is not enabled.</returns>
    /// <remarks>WDK: IoSetDeviceInterfaceState.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoSetDeviceInterfaceState(UNICODE_STRING* symbolicLinkName, BOOLEAN enable)
    {
        DeviceInterfaces interfaces = NtKernel.Current.Pnp.Interfaces;
        DeviceInterface? target = interfaces.Find(DriverString.Read(symbolicLinkName));
        if (target == null)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        return enable ? interfaces.Enable(target) : interfaces.Disable(target);
    }

    /// <summary>Lists the interfaces of a class, of one device or of all.</summary>
    /// <param name="flags">DEVICE_INTERFACE_INCLUDE_NONACTIVE (1) lists disabled ones too.</param>
    /// <param name="symbolicLinkList">Gets a REG_MULTI_SZ in paged pool; the driver frees it with ExFreePool.</param>
    /// <remarks>WDK: IoGetDeviceInterfaces.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoGetDeviceInterfaces(
        Guid* interfaceClassGuid, DEVICE_OBJECT* physicalDeviceObject, uint flags, char** symbolicLinkList)
    {
        PnpSystem pnp = NtKernel.Current.Pnp;
        DeviceNode? node = physicalDeviceObject == null
            ? null
            : pnp.Require(physicalDeviceObject, nameof(IoGetDeviceInterfaces));
        bool enabledOnly = (flags & DeviceInterfaceIncludeNonactive) == 0;
        *symbolicLinkList = PoolBuffer.Copy(pnp.Interfaces.Find(*interfaceClassGuid, node, enabledOnly));
        return STATUS_SUCCESS;
    }

    /// <summary>Finds the name of the same device and reference string in another interface class.</summary>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND for an unknown name, STATUS_OBJECT_PATH_NOT_FOUND without an
    /// alias.</returns>
    /// <remarks>WDK: IoGetDeviceInterfaceAlias.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoGetDeviceInterfaceAlias(
        UNICODE_STRING* symbolicLinkName, Guid* aliasInterfaceClassGuid, UNICODE_STRING* aliasSymbolicLinkName)
    {
        DeviceInterfaces interfaces = NtKernel.Current.Pnp.Interfaces;
        DeviceInterface? original = interfaces.Find(DriverString.Read(symbolicLinkName));
        if (original == null)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        DeviceInterface? alias = interfaces.FindAlias(original, *aliasInterfaceClassGuid);
        return alias == null ? STATUS_OBJECT_PATH_NOT_FOUND : ReturnString(alias.Name, aliasSymbolicLinkName);
    }

    /// <summary>Opens the key where an interface keeps its parameters.</summary>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND for an unknown name.</returns>
    /// <remarks>WDK: IoOpenDeviceInterfaceRegistryKey.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoOpenDeviceInterfaceRegistryKey(
        UNICODE_STRING* symbolicLinkName, uint desiredAccess, void** deviceInterfaceRegKey)
    {
        DeviceInterface? target = NtKernel.Current.Pnp.Interfaces.Find(DriverString.Read(symbolicLinkName));
        if (target == null)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        *deviceInterfaceRegKey = KeyHandle.Open(target.Key.Create("Device Parameters"), desiredAccess);
        return STATUS_SUCCESS;
    }

    private static NTSTATUS ReturnString(string text, UNICODE_STRING* target)
    {
        int bytes = text.Length * sizeof(char);
        var buffer = (char*)PoolBuffer.TryAllocate(bytes + sizeof(char));
        if (buffer == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        text.CopyTo(new Span<char>(buffer, text.Length));
        target->Buffer = buffer;
        target->Length = (ushort)bytes;
        target->MaximumLength = (ushort)(bytes + sizeof(char));
        return STATUS_SUCCESS;
    }
}
