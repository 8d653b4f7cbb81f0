namespace Hil.Wdm;

/// <summary>A device's once-a-second timer, as Windows 10 19041 lays it out.</summary>
public unsafe struct IO_TIMER
{
    public short Type;
    public short TimerFlag;
    public LIST_ENTRY TimerList;
    public DriverRoutine TimerRoutine;
    public void* Context;
    public DEVICE_OBJECT* DeviceObject;
}
