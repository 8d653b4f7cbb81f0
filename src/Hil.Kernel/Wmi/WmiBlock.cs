namespace Hil.Kernel;

/// <summary>A data block that a device has registered.</summary>
/// <param name="Names">Names of its instances by index; null when the driver names them itself as it is
/// asked.</param>
internal sealed unsafe record WmiBlock(Guid Guid, nint Device, string[]? Names, bool IsEventOnly)
{
    public DEVICE_OBJECT* DeviceObject => (DEVICE_OBJECT*)Device;

    /// <summary>Index of an instance; -1 if there is none of that name. 0 when only the driver knows.</summary>
    public int IndexOf(string name) => Names == null
        ? 0
        : Array.FindIndex(Names, known => known.Equals(name, StringComparison.OrdinalIgnoreCase));
}
