namespace Hil.Wdm;

/// <summary>A generic table kept as a splay tree.</summary>
public unsafe struct RTL_GENERIC_TABLE
{
    public RTL_SPLAY_LINKS* TableRoot;
    public LIST_ENTRY InsertOrderList;
    public LIST_ENTRY* OrderedPointer;
    public uint WhichOrderedElement;
    public uint NumberGenericTableElements;
    public DriverRoutine CompareRoutine;
    public DriverRoutine AllocateRoutine;
    public DriverRoutine FreeRoutine;
    public void* TableContext;
}
