namespace Hil.Wdm;

/// <summary>One data block that a driver registers through WMILIB.</summary>
public unsafe struct WMIGUIDREGINFO
{
    public Guid* Guid;
    public uint InstanceCount;
    public uint Flags;
}
