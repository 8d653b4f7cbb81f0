namespace Hil.Wdm;

/// <summary>What ZwQueryInformationProcess tells about any process.</summary>
public unsafe struct PROCESS_BASIC_INFORMATION
{
    public NTSTATUS ExitStatus;
    public void* PebBaseAddress;
    public nuint AffinityMask;
    public int BasePriority;
    public nuint UniqueProcessId;
    public nuint InheritedFromUniqueProcessId;
}
