namespace Hil.Wdm;

/// <summary>A controller shared by several devices.</summary>
public unsafe struct CONTROLLER_OBJECT
{
    public short Type;
    public short Size;
    public void* ControllerExtension;
    public KDEVICE_QUEUE DeviceWaitQueue;
    public uint Spare1;
    public LARGE_INTEGER Spare2;
}
