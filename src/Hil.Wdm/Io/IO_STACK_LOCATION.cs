namespace Hil.Wdm;

/// <summary>One driver's part of an IRP: what it is asked to do and what to call when it is done.</summary>
public unsafe partial struct IO_STACK_LOCATION
{
    public byte MajorFunction;
    public byte MinorFunction;
    public byte Flags;
    public byte Control;
    public ParametersUnion Parameters;
    public DEVICE_OBJECT* DeviceObject;
    public FILE_OBJECT* FileObject;
    public DriverRoutine CompletionRoutine;
    public void* Context;
}
