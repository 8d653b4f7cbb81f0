namespace Hil.Kernel;

// WMIREGINFO: BufferSize, NextWmiRegInfo, RegistryPath, MofResourceName, GuidCount, and from offset 24 a WMIREGGUID for
// each block. Offsets count from its beginning. The driver wrote it, so each is checked against the buffer.

/// <summary>Reads what a driver answers to IRP_MN_REGINFO.</summary>
internal sealed unsafe class RegistrationInfo(DEVICE_OBJECT* device, byte* buffer, uint bytes)
{
    public const int CountOffset = 16;
    public const int BlocksOffset = 24;

    public const uint InstanceBaseName = 8; // WMIREG_FLAG_xxx
    public const uint InstancePdo = 0x20;

    private const uint InstanceList = 4;
    private const uint EventOnly = 0x40;
    private const uint RemoveGuid = 0x10000;
    private const uint InstancesMax = 4096; // A wild count must not fill the host's memory.

    /// <summary>The blocks, in order; what lies outside the buffer is left out.</summary>
    /// <param name="areDevicesReferenced">Whether the driver has referenced the devices that name instances
    /// (IRP_MN_REGINFO_EX).</param>
    public List<WmiBlock> Read(bool areDevicesReferenced)
    {
        List<WmiBlock> blocks = [];
        uint count = bytes < BlocksOffset ? 0 : *(uint*)(buffer + CountOffset);
        for (uint i = 0; i < count && BlocksOffset + (i + 1) * sizeof(WMIREGGUIDW) <= bytes; i++)
        {
            WMIREGGUIDW* guid = (WMIREGGUIDW*)(buffer + BlocksOffset) + i;
            if ((guid->Flags & RemoveGuid) == 0)
                blocks.Add(new WmiBlock(
                    guid->Guid, (nint)device, NamesOf(guid, areDevicesReferenced), (guid->Flags & EventOnly) != 0));
        }
        return blocks;
    }

    private string[]? NamesOf(WMIREGGUIDW* guid, bool areDevicesReferenced)
    {
        uint count = Math.Min(guid->InstanceCount, InstancesMax);
        if ((guid->Flags & InstanceList) != 0)
            return ReadList((uint)guid->InstanceInfo, count);
        if ((guid->Flags & InstanceBaseName) != 0)
            return Number(ReadName((uint)guid->InstanceInfo), "", count);
        return (guid->Flags & InstancePdo) != 0
            ? Number(NameOf((DEVICE_OBJECT*)guid->InstanceInfo, areDevicesReferenced), "_", count)
            : null;
    }

    private static string[] Number(string name, string separator, uint count)
    {
        var names = new string[count];
        for (uint i = 0; i < count; i++)
            names[i] = $"{name}{separator}{i}";
        return names;
    }

    private static string NameOf(DEVICE_OBJECT* physicalDevice, bool isReferenced)
    {
        NtKernel kernel = NtKernel.Current;
        string name = kernel.Pnp.Find(physicalDevice)?.InstancePath ?? "";
        if (isReferenced && kernel.Objects.Find(physicalDevice) is { } referenced)
            kernel.Objects.Dereference(referenced);
        return name;
    }

    private string[] ReadList(uint offset, uint count)
    {
        var names = new string[count];
        for (uint i = 0; i < count; i++)
        {
            names[i] = ReadName(offset);
            offset += CountedText.BytesOf(names[i]);
        }
        return names;
    }

    private string ReadName(uint offset) => CountedText.Read(buffer, bytes, offset);
}
