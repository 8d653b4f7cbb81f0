namespace Hil.Wdm;

/// <summary>One data block that a driver registers.</summary>
public struct WMIREGGUIDW
{
    public Guid Guid;
    public uint Flags;
    public uint InstanceCount;

    /// <summary>By the flags: InstanceNameList or BaseNameOffset, from the beginning of WMIREGINFO, or Pdo.</summary>
    public nuint InstanceInfo;
}
