namespace Hil.Wdm;

/// <summary>One line of the table that RtlQueryRegistryValues walks.</summary>
public unsafe struct RTL_QUERY_REGISTRY_TABLE
{
    public DriverRoutine QueryRoutine;
    public uint Flags;
    public char* Name;
    public void* EntryContext;
    public uint DefaultType;
    public void* DefaultData;
    public uint DefaultLength;
}
