namespace Hil.Kernel;

// A hash table of the driver's own elements, which are linked by the RTL_DYNAMIC_HASH_TABLE_ENTRY in each. It grows and
// shrinks by one bucket at a call (linear hashing, Litwin 1980); when, is up to the driver, and so is locking. Elements
// of one signature stand next to each other. HashBuckets.cs has the buckets.

public static unsafe partial class Ntoskrnl
{
    private const uint HashTableTag = 0x62617448; // Htab
    private const uint HashAllocatedHeader = 1; // RTL_HASH_ALLOCATED_HEADER
    private const nuint HashReservedSignature = 0; // RTL_HASH_RESERVED_SIGNATURE: that of an enumeration's marker.

    /// <summary>Makes an empty table.</summary>
    /// <param name="hashTable">A table to prepare, or null for one from pool.</param>
    /// <param name="shift">Bits of a signature that its hash leaves out, from the lowest one.</param>
    /// <param name="flags">0.</param>
    /// <returns>FALSE without memory and for flags.</returns>
    /// <remarks>WDK: RtlCreateHashTable.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN RtlCreateHashTable(RTL_DYNAMIC_HASH_TABLE** hashTable, uint shift, uint flags)
    {
        if (flags != 0)
            return false;
        RTL_DYNAMIC_HASH_TABLE* table = *hashTable;
        bool isOwn = table == null;
        if (isOwn)
            table = (RTL_DYNAMIC_HASH_TABLE*)AllocateForHashTable(sizeof(RTL_DYNAMIC_HASH_TABLE));
        if (table == null)
            return false;
        *PointerCheck.Follow<RTL_DYNAMIC_HASH_TABLE>(table, "HashTable") =
            new RTL_DYNAMIC_HASH_TABLE { Flags = isOwn ? HashAllocatedHeader : 0, Shift = shift };
        if (!HashBuckets.TryCreate(table))
        {
            if (isOwn)
                ExFreePoolWithTag(table, HashTableTag);
            return false;
        }
        *hashTable = table;
        return true;
    }

    /// <summary>Frees what a table has allocated; it must be empty.</summary>
    /// <remarks>WDK: RtlDeleteHashTable.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void RtlDeleteHashTable(RTL_DYNAMIC_HASH_TABLE* hashTable)
    {
        if (hashTable->NumEntries != 0 || hashTable->NumEnumerators != 0)
            NtKernel.Current.BugCheck(
                BugCheckCodes.DRIVER_VIOLATION, (ulong)hashTable, hashTable->NumEntries, hashTable->NumEnumerators, 0,
                $"the driver deleted a hash table with {hashTable->NumEntries} entries and "
                + $"{hashTable->NumEnumerators} enumerations");
        HashBuckets.Free(hashTable);
        if ((hashTable->Flags & HashAllocatedHeader) != 0)
            ExFreePoolWithTag(hashTable, HashTableTag);
    }

    /// <summary>Adds an element.</summary>
    /// <param name="context">May be null; a place found before, or an empty one that gets the place.</param>
    /// <returns>TRUE.</returns>
    /// <remarks>WDK: RtlInsertEntryHashTable.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN RtlInsertEntryHashTable(
        RTL_DYNAMIC_HASH_TABLE* hashTable, RTL_DYNAMIC_HASH_TABLE_ENTRY* entry, nuint signature,
        RTL_DYNAMIC_HASH_TABLE_CONTEXT* context)
    {
        entry->Signature = RealSignature(signature);
        RTL_DYNAMIC_HASH_TABLE_CONTEXT own;
        RTL_DYNAMIC_HASH_TABLE_CONTEXT* place = context != null ? context : &own;
        if (context == null || context->ChainHead == null || context->Signature != entry->Signature)
            *place = HashBuckets.Find(hashTable, entry->Signature);
        HashBuckets.Link(hashTable, place->ChainHead, place->PrevLinkage, entry);
        hashTable->NumEntries++;
        return true;
    }

    /// <summary>Takes an element out.</summary>
    /// <param name="context">May be null; an empty one gets the place.</param>
    /// <returns>TRUE.</returns>
    /// <remarks>WDK: RtlRemoveEntryHashTable.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN RtlRemoveEntryHashTable(
        RTL_DYNAMIC_HASH_TABLE* hashTable, RTL_DYNAMIC_HASH_TABLE_ENTRY* entry, RTL_DYNAMIC_HASH_TABLE_CONTEXT* context)
    {
        if (context != null && context->ChainHead == null)
            *context = HashBuckets.Find(hashTable, entry->Signature);
        if (context != null && context->PrevLinkage == &entry->Linkage)
            context->PrevLinkage = entry->Linkage.Blink;
        HashBuckets.Unlink(hashTable, entry);
        hashTable->NumEntries--;
        return true;
    }

    /// <summary>The first element with a signature, or null.</summary>
    /// <param name="context">May be null; gets the place, from where RtlGetNextEntryHashTable goes on.</param>
    /// <remarks>WDK: RtlLookupEntryHashTable.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static RTL_DYNAMIC_HASH_TABLE_ENTRY* RtlLookupEntryHashTable(
        RTL_DYNAMIC_HASH_TABLE* hashTable, nuint signature, RTL_DYNAMIC_HASH_TABLE_CONTEXT* context)
    {
        RTL_DYNAMIC_HASH_TABLE_CONTEXT place = HashBuckets.Find(hashTable, RealSignature(signature));
        if (context != null)
            *context = place;
        return HashBuckets.At(in place);
    }

    /// <summary>The next element with the signature that was looked up, or null.</summary>
    /// <remarks>WDK: RtlGetNextEntryHashTable.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static RTL_DYNAMIC_HASH_TABLE_ENTRY* RtlGetNextEntryHashTable(
        RTL_DYNAMIC_HASH_TABLE* hashTable, RTL_DYNAMIC_HASH_TABLE_CONTEXT* context)
    {
        RTL_DYNAMIC_HASH_TABLE_ENTRY* last = HashBuckets.At(in *context);
        if (last == null)
            return null;
        context->PrevLinkage = &last->Linkage;
        return HashBuckets.At(in *context);
    }

    /// <summary>Adds a bucket.</summary>
    /// <returns>FALSE at the largest size, without memory, and during an enumeration.</returns>
    /// <remarks>WDK: RtlExpandHashTable.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN RtlExpandHashTable(RTL_DYNAMIC_HASH_TABLE* hashTable) =>
        hashTable->NumEnumerators == 0 && HashBuckets.TryExpand(hashTable);

    /// <summary>Takes a bucket away.</summary>
    /// <returns>FALSE at the smallest size, which a table begins with, and during an enumeration.</returns>
    /// <remarks>WDK: RtlContractHashTable.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN RtlContractHashTable(RTL_DYNAMIC_HASH_TABLE* hashTable) =>
        hashTable->NumEnumerators == 0 && HashBuckets.TryContract(hashTable);

    internal static void* AllocateForHashTable(int bytes) =>
        ExAllocatePoolWithTag(POOL_TYPE.NonPagedPoolNx, (nuint)bytes, HashTableTag);

    internal static void FreeFromHashTable(void* block) => ExFreePoolWithTag(block, HashTableTag);

    private static nuint RealSignature(nuint signature) =>
        signature == HashReservedSignature ? HashReservedSignature + 1 : signature;
}
