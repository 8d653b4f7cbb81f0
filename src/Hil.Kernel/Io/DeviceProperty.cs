using System.Text;

namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint InstallStateInstalled = 0;
    private const uint RemovalPolicyExpectNoRemoval = 1;

    /// <summary>Reads a property of a device.</summary>
    /// <param name="resultLength">Gets the bytes needed, also on STATUS_BUFFER_TOO_SMALL.</param>
    /// <returns>STATUS_BUFFER_TOO_SMALL; STATUS_OBJECT_NAME_NOT_FOUND for a property the device lacks;
    /// STATUS_INVALID_PARAMETER_2 for an unknown one.</returns>
    /// <remarks>WDK: IoGetDeviceProperty.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoGetDeviceProperty(
        DEVICE_OBJECT* deviceObject, DEVICE_REGISTRY_PROPERTY deviceProperty, uint bufferLength, void* propertyBuffer,
        uint* resultLength)
    {
        const int BufferArgument = 3;
        DeviceNode node = NtKernel.Current.Pnp.Require(deviceObject, nameof(IoGetDeviceProperty));
        *resultLength = 0;
        if (!Enum.IsDefined(deviceProperty))
            return STATUS_INVALID_PARAMETER_2;
        byte[]? value = ReadProperty(node, deviceProperty);
        if (value == null)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        *resultLength = (uint)value.Length;
        if (bufferLength < value.Length)
            return STATUS_BUFFER_TOO_SMALL;
        PointerCheck.Argument((ulong)propertyBuffer, value.Length, BufferArgument);
        value.CopyTo(new Span<byte>(propertyBuffer, value.Length));
        return STATUS_SUCCESS;
    }

    private static byte[]? ReadProperty(DeviceNode node, DEVICE_REGISTRY_PROPERTY property) => property switch
    {
        DEVICE_REGISTRY_PROPERTY.DevicePropertyDeviceDescription => StringProperty(node, "DeviceDesc"),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyHardwareID => node.HardwareKey.FindValue("HardwareID")?.Data,
        DEVICE_REGISTRY_PROPERTY.DevicePropertyCompatibleIDs => node.HardwareKey.FindValue("CompatibleIDs")?.Data,
        DEVICE_REGISTRY_PROPERTY.DevicePropertyClassName => StringProperty(node, "Class"),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyClassGuid => StringProperty(node, "ClassGUID"),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyDriverKeyName => StringProperty(node, "Driver"),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyManufacturer => StringProperty(node, "Mfg"),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyFriendlyName => StringProperty(node, "FriendlyName"),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyLocationInformation => StringProperty(node, "LocationInformation"),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyPhysicalDeviceObjectName => TextBytes(node.DeviceName),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyEnumeratorName => TextBytes(node.DeviceId.Split('\\')[0]),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyBusTypeGuid => node.Bus.BusType.ToByteArray(),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyLegacyBusType => NumberBytes((uint)node.Bus.LegacyType),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyBusNumber => NumberBytes(node.Bus.Number),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyAddress => KnownNumber(node.Capabilities.Address),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyUINumber => KnownNumber(node.Capabilities.UINumber),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyInstallState => NumberBytes(InstallStateInstalled),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyRemovalPolicy => NumberBytes(RemovalPolicyExpectNoRemoval),
        DEVICE_REGISTRY_PROPERTY.DevicePropertyBootConfiguration => node.BootResources,
        DEVICE_REGISTRY_PROPERTY.DevicePropertyBootConfigurationTranslated => node.BootResources,
        DEVICE_REGISTRY_PROPERTY.DevicePropertyAllocatedResources => ListBytes(node.Bus, node.Resources.Raw),
        _ => null,
    };

    private static byte[]? StringProperty(DeviceNode node, string name) =>
        node.HardwareKey.FindString(name) is { } text ? TextBytes(text) : null;

    private static byte[] TextBytes(string text) => Encoding.Unicode.GetBytes(text + '\0');

    private static byte[] NumberBytes(uint number) => BitConverter.GetBytes(number);

    // A bus driver that does not know leaves all ones.
    private static byte[]? KnownNumber(uint number) => number == uint.MaxValue ? null : NumberBytes(number);

    private static byte[]? ListBytes(BusInformation bus, CM_PARTIAL_RESOURCE_DESCRIPTOR[] descriptors)
    {
        CM_RESOURCE_LIST* list = DeviceResources.CreateList(bus, descriptors);
        if (list == null)
            return null;
        byte[] bytes = new ReadOnlySpan<byte>(list, DeviceResources.ListBytes(descriptors.Length)).ToArray();
        PoolBuffer.Free(list);
        return bytes;
    }

    /// <summary>Reads a property by key.</summary>
    /// <param name="requiredSize">Gets the bytes needed, also on STATUS_BUFFER_TOO_SMALL.</param>
    /// <returns>STATUS_BUFFER_TOO_SMALL, STATUS_OBJECT_NAME_NOT_FOUND.</returns>
    /// <remarks>WDK: IoGetDevicePropertyData. Languages are not told apart.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoGetDevicePropertyData(
        DEVICE_OBJECT* pdo, DEVPROPKEY* propertyKey, uint lcid, uint flags, uint size, void* data,
        uint* requiredSize, uint* type)
    {
        const int DataArgument = 5;
        DeviceNode node = NtKernel.Current.Pnp.Require(pdo, nameof(IoGetDevicePropertyData));
        if (!node.Properties.TryGetValue((propertyKey->fmtid, propertyKey->pid), out DeviceProperty? property))
            return STATUS_OBJECT_NAME_NOT_FOUND;
        *requiredSize = (uint)property.Data.Length;
        *type = property.Type;
        if (size < property.Data.Length)
            return STATUS_BUFFER_TOO_SMALL;
        PointerCheck.Argument((ulong)data, property.Data.Length, DataArgument);
        property.Data.CopyTo(new Span<byte>(data, property.Data.Length));
        return STATUS_SUCCESS;
    }

    /// <summary>Sets a property by key; null data deletes it.</summary>
    /// <remarks>WDK: IoSetDevicePropertyData.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoSetDevicePropertyData(
        DEVICE_OBJECT* pdo, DEVPROPKEY* propertyKey, uint lcid, uint flags, uint type, uint size, void* data)
    {
        const int DataArgument = 6;
        DeviceNode node = NtKernel.Current.Pnp.Require(pdo, nameof(IoSetDevicePropertyData));
        (Guid, uint) key = (propertyKey->fmtid, propertyKey->pid);
        if (data == null)
        {
            node.Properties.Remove(key);
            return STATUS_SUCCESS;
        }
        if (size > ValueBytesMax)
            return STATUS_INVALID_PARAMETER;
        PointerCheck.Argument((ulong)data, (int)size, DataArgument);
        node.Properties[key] = new DeviceProperty(type, new ReadOnlySpan<byte>(data, (int)size).ToArray());
        return STATUS_SUCCESS;
    }

    /// <summary>Tells which NUMA node a device is on: there is one, 0.</summary>
    /// <remarks>WDK: IoGetDeviceNumaNode.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoGetDeviceNumaNode(DEVICE_OBJECT* pdo, ushort* nodeNumber)
    {
        NtKernel.Current.Pnp.Require(pdo, nameof(IoGetDeviceNumaNode));
        *nodeNumber = 0;
        return STATUS_SUCCESS;
    }
}
