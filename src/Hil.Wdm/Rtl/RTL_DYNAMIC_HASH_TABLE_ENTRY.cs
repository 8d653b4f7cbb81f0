namespace Hil.Wdm;

/// <summary>What an element of a hash table holds of it.</summary>
public struct RTL_DYNAMIC_HASH_TABLE_ENTRY
{
    public LIST_ENTRY Linkage;
    public nuint Signature;
}
