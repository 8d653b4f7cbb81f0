namespace Hil.Wdm;

/// <summary>A generic table kept as an AVL tree.</summary>
public unsafe struct RTL_AVL_TABLE
{
    public RTL_BALANCED_LINKS BalancedRoot;
    public void* OrderedPointer;
    public uint WhichOrderedElement;
    public uint NumberGenericTableElements;
    public uint DepthOfTree;
    public RTL_BALANCED_LINKS* RestartKey;
    public uint DeleteCount;
    public DriverRoutine CompareRoutine;
    public DriverRoutine AllocateRoutine;
    public DriverRoutine FreeRoutine;
    public void* TableContext;
}
