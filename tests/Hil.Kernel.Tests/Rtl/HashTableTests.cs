namespace Hil.Kernel.Tests.Rtl;

public sealed unsafe class HashTableTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void TableHoldsWhatWasInsertedWhileItGrowsAndShrinks()
    {
        _machine.Run(() =>
        {
            RTL_DYNAMIC_HASH_TABLE* table = NewTable();
            var entries = new List<nint>();
            for (nuint signature = 1; signature <= 700; signature++)
            {
                entries.Add((nint)Insert(table, signature));
                if (signature > 128)
                    Assert.True(RtlExpandHashTable(table));
            }
            Assert.Equal((700u, 128u + 572), (table->NumEntries, table->TableSize));
            RequireAll(table, entries);
            while (RtlContractHashTable(table))
            {
            }
            Assert.Equal(128u, table->TableSize);
            RequireAll(table, entries);
            foreach (nint entry in entries)
                Assert.True(RtlRemoveEntryHashTable(table, (RTL_DYNAMIC_HASH_TABLE_ENTRY*)entry, null));
            Assert.Equal((0u, 0u), (table->NumEntries, table->NonEmptyBuckets));
            RtlDeleteHashTable(table);
        });

        Assert.Empty(_machine.Kernel.Pool.Outstanding());
    }

    [Fact]
    public void EntriesOfOneSignatureAreFoundOneByOne() => _machine.Run(() =>
    {
        RTL_DYNAMIC_HASH_TABLE* table = NewTable();
        HashSet<nint> expected = [(nint)Insert(table, 7), (nint)Insert(table, 7), (nint)Insert(table, 7)];
        Insert(table, 8);
        RTL_DYNAMIC_HASH_TABLE_CONTEXT* context = _machine.New<RTL_DYNAMIC_HASH_TABLE_CONTEXT>();

        var found = new HashSet<nint>();
        for (RTL_DYNAMIC_HASH_TABLE_ENTRY* entry = RtlLookupEntryHashTable(table, 7, context); entry != null;
            entry = RtlGetNextEntryHashTable(table, context))
            Assert.True(found.Add((nint)entry));

        Assert.Equal(expected, found);
        Assert.True(RtlLookupEntryHashTable(table, 9, context) == null);
        Assert.True(RtlGetNextEntryHashTable(table, context) == null);
    });

    [Fact]
    public void ContextOfALookupServesTheInsertion() => _machine.Run(() =>
    {
        RTL_DYNAMIC_HASH_TABLE* table = NewTable();
        RTL_DYNAMIC_HASH_TABLE_CONTEXT* context = _machine.New<RTL_DYNAMIC_HASH_TABLE_CONTEXT>();
        Assert.True(RtlLookupEntryHashTable(table, 5, context) == null);
        RTL_DYNAMIC_HASH_TABLE_ENTRY* entry = _machine.New<RTL_DYNAMIC_HASH_TABLE_ENTRY>();

        Assert.True(RtlInsertEntryHashTable(table, entry, 5, context));
        Assert.True(RtlLookupEntryHashTable(table, 5, null) == entry);
        Assert.True(RtlRemoveEntryHashTable(table, entry, context));
        Assert.True(RtlLookupEntryHashTable(table, 5, null) == null);
    });

    [Fact]
    public void ReservedSignatureIsReplaced() => _machine.Run(() =>
    {
        RTL_DYNAMIC_HASH_TABLE* table = NewTable();
        RTL_DYNAMIC_HASH_TABLE_ENTRY* entry = Insert(table, 0);

        Assert.Equal(1u, entry->Signature);
        Assert.True(RtlLookupEntryHashTable(table, 0, null) == entry);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EnumerationGivesEachEntryOnceAndAllowsItsRemoval(bool weak) => _machine.Run(() =>
    {
        RTL_DYNAMIC_HASH_TABLE* table = NewTable();
        var left = new HashSet<nint>();
        for (nuint signature = 1; signature <= 300; signature++)
            left.Add((nint)Insert(table, signature));
        RTL_DYNAMIC_HASH_TABLE_ENUMERATOR* place = _machine.New<RTL_DYNAMIC_HASH_TABLE_ENUMERATOR>();
        Assert.True(weak ? RtlInitWeakEnumerationHashTable(table, place) : RtlInitEnumerationHashTable(table, place));
        Assert.Equal<bool>(weak, RtlExpandHashTable(table)); // A marker stands in the table.

        for (RTL_DYNAMIC_HASH_TABLE_ENTRY* entry = Next(); entry != null; entry = Next())
        {
            Assert.True(left.Remove((nint)entry));
            if (!weak)
                RtlRemoveEntryHashTable(table, entry, null);
        }

        Assert.Empty(left);
        if (weak)
            RtlEndWeakEnumerationHashTable(table, place);
        else
            RtlEndEnumerationHashTable(table, place);
        Assert.Equal((weak ? 300u : 0, 0u), (table->NumEntries, table->NumEnumerators));
        Assert.Equal(weak, table->NonEmptyBuckets != 0);

        RTL_DYNAMIC_HASH_TABLE_ENTRY* Next() => weak
            ? RtlWeaklyEnumerateEntryHashTable(table, place)
            : RtlEnumerateEntryHashTable(table, place);
    });

    [Fact]
    public void WildLinkStopsTheMachine()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            RTL_DYNAMIC_HASH_TABLE* table = NewTable();
            RTL_DYNAMIC_HASH_TABLE_ENTRY* entry = Insert(table, 7);
            entry->Linkage.Flink = (LIST_ENTRY*)0x123456789;
            RtlRemoveEntryHashTable(table, entry, null);
        });

        Assert.Equal(BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, report.Code);
        Assert.Contains("hash table", report.Reason, StringComparison.Ordinal);
    }

    private static void RequireAll(RTL_DYNAMIC_HASH_TABLE* table, List<nint> entries)
    {
        foreach (nint entry in entries)
        {
            nuint signature = ((RTL_DYNAMIC_HASH_TABLE_ENTRY*)entry)->Signature;
            Assert.Equal(entry, (nint)RtlLookupEntryHashTable(table, signature, null));
        }
    }

    private RTL_DYNAMIC_HASH_TABLE* NewTable()
    {
        var table = (RTL_DYNAMIC_HASH_TABLE**)_machine.New<nint>();
        Assert.True(RtlCreateHashTable(table, 0, 0));
        Assert.False(RtlCreateHashTable(table, 0, 1));
        return *table;
    }

    private RTL_DYNAMIC_HASH_TABLE_ENTRY* Insert(RTL_DYNAMIC_HASH_TABLE* table, nuint signature)
    {
        RTL_DYNAMIC_HASH_TABLE_ENTRY* entry = _machine.New<RTL_DYNAMIC_HASH_TABLE_ENTRY>();
        Assert.True(RtlInsertEntryHashTable(table, entry, signature, null));
        return entry;
    }
}
