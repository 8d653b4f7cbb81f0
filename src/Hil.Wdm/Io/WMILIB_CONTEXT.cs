namespace Hil.Wdm;

/// <summary>The data blocks of a driver that uses WMILIB, and its routines; all but the first two may be
/// missing.</summary>
public unsafe struct WMILIB_CONTEXT
{
    public uint GuidCount;
    public WMIGUIDREGINFO* GuidList;
    public DriverRoutine QueryWmiRegInfo;
    public DriverRoutine QueryWmiDataBlock;
    public DriverRoutine SetWmiDataBlock;
    public DriverRoutine SetWmiDataItem;
    public DriverRoutine ExecuteWmiMethod;
    public DriverRoutine WmiFunctionControl;
}
