namespace Hil.Kernel;

// An enumeration stands in its table as a marker behind the last element that it gave, so elements may come and go. A
// weak one has no marker: its place is the last element itself, in the marker's Blink, and the table must not change
// meanwhile but by what the driver knows.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Begins an enumeration.</summary>
    /// <returns>TRUE.</returns>
    /// <remarks>WDK: RtlInitEnumerationHashTable.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN RtlInitEnumerationHashTable(
        RTL_DYNAMIC_HASH_TABLE* hashTable, RTL_DYNAMIC_HASH_TABLE_ENUMERATOR* enumerator)
    {
        LIST_ENTRY* head = HashBuckets.HeadOf(hashTable, 0);
        *enumerator = new RTL_DYNAMIC_HASH_TABLE_ENUMERATOR { ChainHead = head };
        HashBuckets.Link(hashTable, head, head, &enumerator->HashEntry);
        hashTable->NumEnumerators++;
        return true;
    }

    /// <summary>The next element, in no order; null at the end.</summary>
    /// <remarks>WDK: RtlEnumerateEntryHashTable.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static RTL_DYNAMIC_HASH_TABLE_ENTRY* RtlEnumerateEntryHashTable(
        RTL_DYNAMIC_HASH_TABLE* hashTable, RTL_DYNAMIC_HASH_TABLE_ENUMERATOR* enumerator)
    {
        uint bucket = enumerator->BucketIndex;
        RTL_DYNAMIC_HASH_TABLE_ENTRY* next =
            HashBuckets.Next(hashTable, &enumerator->HashEntry.Linkage, ref bucket);
        if (next == null)
            return null;
        HashBuckets.Unlink(hashTable, &enumerator->HashEntry);
        enumerator->BucketIndex = bucket;
        enumerator->ChainHead = HashBuckets.HeadOf(hashTable, bucket);
        HashBuckets.Link(hashTable, enumerator->ChainHead, &next->Linkage, &enumerator->HashEntry);
        return next;
    }

    /// <summary>Ends an enumeration.</summary>
    /// <remarks>WDK: RtlEndEnumerationHashTable.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void RtlEndEnumerationHashTable(
        RTL_DYNAMIC_HASH_TABLE* hashTable, RTL_DYNAMIC_HASH_TABLE_ENUMERATOR* enumerator)
    {
        HashBuckets.Unlink(hashTable, &enumerator->HashEntry);
        enumerator->ChainHead = null;
        hashTable->NumEnumerators--;
    }

    /// <summary>Begins a weak enumeration.</summary>
    /// <returns>TRUE.</returns>
    /// <remarks>WDK: RtlInitWeakEnumerationHashTable.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN RtlInitWeakEnumerationHashTable(
        RTL_DYNAMIC_HASH_TABLE* hashTable, RTL_DYNAMIC_HASH_TABLE_ENUMERATOR* enumerator)
    {
        LIST_ENTRY* head = HashBuckets.HeadOf(hashTable, 0);
        *enumerator = new RTL_DYNAMIC_HASH_TABLE_ENUMERATOR { ChainHead = head };
        enumerator->HashEntry.Linkage.Blink = head;
        return true;
    }

    /// <summary>The next element of a weak enumeration; null at the end.</summary>
    /// <remarks>WDK: RtlWeaklyEnumerateEntryHashTable.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static RTL_DYNAMIC_HASH_TABLE_ENTRY* RtlWeaklyEnumerateEntryHashTable(
        RTL_DYNAMIC_HASH_TABLE* hashTable, RTL_DYNAMIC_HASH_TABLE_ENUMERATOR* enumerator)
    {
        uint bucket = enumerator->BucketIndex;
        RTL_DYNAMIC_HASH_TABLE_ENTRY* next =
            HashBuckets.Next(hashTable, enumerator->HashEntry.Linkage.Blink, ref bucket);
        if (next == null)
            return null;
        enumerator->BucketIndex = bucket;
        enumerator->ChainHead = HashBuckets.HeadOf(hashTable, bucket);
        enumerator->HashEntry.Linkage.Blink = &next->Linkage;
        return next;
    }

    /// <summary>Ends a weak enumeration.</summary>
    /// <remarks>WDK: RtlEndWeakEnumerationHashTable.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void RtlEndWeakEnumerationHashTable(
        RTL_DYNAMIC_HASH_TABLE* hashTable, RTL_DYNAMIC_HASH_TABLE_ENUMERATOR* enumerator) =>
        enumerator->ChainHead = null;
}
