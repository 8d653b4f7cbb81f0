namespace Hil.Kernel;

// A bucket is the head of a list, and never moves: the directory is a block of pointers to blocks of heads. The first
// Pivot buckets are split already, so their hash has one bit more than DivisorMask. The driver owns the elements, so
// every link is checked before it is followed.

/// <summary>The buckets of RTL_DYNAMIC_HASH_TABLE.</summary>
internal static unsafe class HashBuckets
{
    private const uint BlockBuckets = 128;
    private const uint BlocksMax = 512;

    /// <summary>Gives a table its first buckets; false without memory.</summary>
    public static bool TryCreate(RTL_DYNAMIC_HASH_TABLE* table)
    {
        var directory = (LIST_ENTRY**)Ntoskrnl.AllocateForHashTable((int)BlocksMax * sizeof(LIST_ENTRY*));
        if (directory == null)
            return false;
        new Span<nint>(directory, (int)BlocksMax).Clear();
        table->Directory = directory;
        table->DivisorMask = BlockBuckets - 1;
        if (!TryAddBlock(table, 0))
        {
            Ntoskrnl.FreeFromHashTable(directory);
            return false;
        }
        for (; table->TableSize < BlockBuckets; table->TableSize++)
            InitializeListHead(HeadOf(table, table->TableSize));
        return true;
    }

    public static void Free(RTL_DYNAMIC_HASH_TABLE* table)
    {
        LIST_ENTRY** directory = DirectoryOf(table);
        for (uint block = 0; block < BlocksMax; block++)
        {
            if (directory[block] != null)
                Ntoskrnl.FreeFromHashTable(directory[block]);
        }
        Ntoskrnl.FreeFromHashTable(directory);
        table->Directory = null;
    }

    /// <summary>The place before the first element with a signature, or at the end of its chain.</summary>
    public static RTL_DYNAMIC_HASH_TABLE_CONTEXT Find(RTL_DYNAMIC_HASH_TABLE* table, nuint signature)
    {
        LIST_ENTRY* head = HeadOf(table, IndexOf(table, signature));
        LIST_ENTRY* before = head;
        for (LIST_ENTRY* next = At(head->Flink); next != head && EntryOf(next)->Signature != signature;)
        {
            before = next;
            next = At(next->Flink);
        }
        return new() { ChainHead = head, PrevLinkage = before, Signature = signature };
    }

    /// <summary>The element behind a place if it has the place's signature, else null; markers are passed
    /// over.</summary>
    public static RTL_DYNAMIC_HASH_TABLE_ENTRY* At(in RTL_DYNAMIC_HASH_TABLE_CONTEXT place)
    {
        LIST_ENTRY* next = At(At(place.PrevLinkage)->Flink);
        while (next != place.ChainHead && IsMarker(next))
            next = At(next->Flink);
        return next != place.ChainHead && EntryOf(next)->Signature == place.Signature ? EntryOf(next) : null;
    }

    /// <summary>Puts an element or a marker behind a place of a chain.</summary>
    public static void Link(
        RTL_DYNAMIC_HASH_TABLE* table, LIST_ENTRY* head, LIST_ENTRY* before, RTL_DYNAMIC_HASH_TABLE_ENTRY* entry)
    {
        if (At(head)->Flink == head)
            table->NonEmptyBuckets++;
        At(At(before)->Flink);
        InsertHeadList(before, &entry->Linkage);
    }

    /// <summary>Takes an element or a marker out.</summary>
    public static void Unlink(RTL_DYNAMIC_HASH_TABLE* table, RTL_DYNAMIC_HASH_TABLE_ENTRY* entry)
    {
        LIST_ENTRY* before = At(entry->Linkage.Blink);
        At(entry->Linkage.Flink);
        RemoveEntryList(&entry->Linkage);
        if (before->Flink == before)
            table->NonEmptyBuckets--;
    }

    /// <summary>The first element behind a place, in its chain and then in the buckets after it; null at the
    /// end.</summary>
    /// <param name="bucket">That of the place; gets the element's.</param>
    public static RTL_DYNAMIC_HASH_TABLE_ENTRY* Next(RTL_DYNAMIC_HASH_TABLE* table, LIST_ENTRY* place, ref uint bucket)
    {
        while (bucket < table->TableSize)
        {
            LIST_ENTRY* head = HeadOf(table, bucket);
            LIST_ENTRY* next = At(At(place)->Flink);
            while (next != head && IsMarker(next))
                next = At(next->Flink);
            if (next != head)
                return EntryOf(next);
            if (++bucket < table->TableSize)
                place = HeadOf(table, bucket);
        }
        return null;
    }

    public static LIST_ENTRY* HeadOf(RTL_DYNAMIC_HASH_TABLE* table, uint bucket) =>
        At(At(DirectoryOf(table)[bucket / BlockBuckets]) + bucket % BlockBuckets);

    /// <summary>Splits the bucket at the pivot; false at the largest size and without memory.</summary>
    public static bool TryExpand(RTL_DYNAMIC_HASH_TABLE* table)
    {
        uint added = table->TableSize;
        if (added == BlockBuckets * BlocksMax)
            return false;
        if (added % BlockBuckets == 0 && !TryAddBlock(table, added / BlockBuckets))
            return false;
        InitializeListHead(HeadOf(table, added));
        uint split = table->Pivot;
        table->TableSize++;
        if (++table->Pivot > table->DivisorMask)
            (table->Pivot, table->DivisorMask) = (0, table->DivisorMask << 1 | 1);
        Redistribute(table, split);
        return true;
    }

    /// <summary>Joins the last bucket with the one that it was split from; false at the smallest size.</summary>
    public static bool TryContract(RTL_DYNAMIC_HASH_TABLE* table)
    {
        if (table->TableSize == BlockBuckets)
            return false;
        uint removed = table->TableSize - 1;
        if (table->Pivot == 0)
        {
            table->DivisorMask >>= 1;
            table->Pivot = table->DivisorMask + 1;
        }
        table->Pivot--;
        Redistribute(table, removed);
        table->TableSize--;
        if (removed % BlockBuckets == 0)
        {
            LIST_ENTRY** directory = DirectoryOf(table);
            Ntoskrnl.FreeFromHashTable(directory[removed / BlockBuckets]);
            directory[removed / BlockBuckets] = null;
        }
        return true;
    }

    // Moves the elements of a bucket to where they belong now.
    private static void Redistribute(RTL_DYNAMIC_HASH_TABLE* table, uint bucket)
    {
        LIST_ENTRY* head = HeadOf(table, bucket);
        for (LIST_ENTRY* next = At(head->Flink); next != head;)
        {
            RTL_DYNAMIC_HASH_TABLE_ENTRY* entry = EntryOf(next);
            next = At(next->Flink);
            LIST_ENTRY* target = HeadOf(table, IndexOf(table, entry->Signature));
            if (target == head)
                continue;
            Unlink(table, entry);
            Link(table, target, At(target->Blink), entry);
        }
    }

    private static uint IndexOf(RTL_DYNAMIC_HASH_TABLE* table, nuint signature)
    {
        // Multiplying by an odd number (Knuth) lets all bits of a signature, which may be an address, count.
        ulong hash = (signature >> (int)table->Shift) * 0x9E3779B97F4A7C15 >> 32;
        uint index = (uint)hash & table->DivisorMask;
        return index < table->Pivot ? (uint)hash & (table->DivisorMask << 1 | 1) : index;
    }

    private static bool TryAddBlock(RTL_DYNAMIC_HASH_TABLE* table, uint block)
    {
        void* heads = Ntoskrnl.AllocateForHashTable((int)BlockBuckets * sizeof(LIST_ENTRY));
        DirectoryOf(table)[block] = (LIST_ENTRY*)heads;
        return heads != null;
    }

    private static LIST_ENTRY** DirectoryOf(RTL_DYNAMIC_HASH_TABLE* table)
    {
        DriverMemory.RequireWritable(table->Directory, BlocksMax * (nuint)sizeof(LIST_ENTRY*), "a hash table routine");
        return (LIST_ENTRY**)table->Directory;
    }

    private static bool IsMarker(LIST_ENTRY* link) => EntryOf(link)->Signature == 0;

    // The linkage is the entry's first field.
    private static RTL_DYNAMIC_HASH_TABLE_ENTRY* EntryOf(LIST_ENTRY* link) =>
        PointerCheck.Follow<RTL_DYNAMIC_HASH_TABLE_ENTRY>(link, "a link of a hash table");

    private static LIST_ENTRY* At(LIST_ENTRY* link) => PointerCheck.Follow<LIST_ENTRY>(link, "a link of a hash table");
}
