namespace Hil.Wdm;

/// <summary>The part of a device object that belongs to the I/O manager.</summary>
public unsafe struct DEVOBJ_EXTENSION
{
    public short Type;
    public ushort Size;
    public DEVICE_OBJECT* DeviceObject;
    public uint PowerFlags;
    public void* Dope;
    public uint ExtensionFlags;
    public void* DeviceNode;
    public DEVICE_OBJECT* AttachedTo;
    public int StartIoCount;
    public int StartIoKey;
    public uint StartIoFlags;
    public VPB* Vpb;
    public void* DependencyNode;
    public void* InterruptContext;
    public int InterruptCount;
    public void* VerifierContext;
}
