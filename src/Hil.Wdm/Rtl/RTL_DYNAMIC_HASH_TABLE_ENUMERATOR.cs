namespace Hil.Wdm;

/// <summary>How far an enumeration of a hash table has come; its entry stands in the table as a marker.</summary>
public unsafe struct RTL_DYNAMIC_HASH_TABLE_ENUMERATOR
{
    public RTL_DYNAMIC_HASH_TABLE_ENTRY HashEntry;
    public LIST_ENTRY* ChainHead;
    public uint BucketIndex;
}
