namespace Hil.Wdm;

/// <summary>A place in a hash table, which spares a second search.</summary>
public unsafe struct RTL_DYNAMIC_HASH_TABLE_CONTEXT
{
    public LIST_ENTRY* ChainHead;
    public LIST_ENTRY* PrevLinkage;
    public nuint Signature;
}
