namespace Hil.Wdm.Tests;

public sealed unsafe class ListTests
{
    [Fact]
    public void InitializedListIsEmpty()
    {
        LIST_ENTRY head;
        InitializeListHead(&head);

        Assert.True(IsListEmpty(&head));
        Assert.True(RemoveHeadList(&head) == &head);
        Assert.True(RemoveTailList(&head) == &head);
        Assert.True(IsListEmpty(&head));
    }

    [Fact]
    public void TailInsertionKeepsOrderAndHeadInsertionGoesFirst()
    {
        LIST_ENTRY* list = stackalloc LIST_ENTRY[4];
        InitializeListHead(list);

        InsertTailList(list, list + 1);
        InsertTailList(list, list + 2);
        InsertHeadList(list, list + 3);

        Assert.Equal([3, 1, 2], Forwards(list));
        Assert.Equal([2, 1, 3], Backwards(list));
    }

    [Fact]
    public void HeadAndTailAreRemovedFromTheirEnds()
    {
        LIST_ENTRY* list = Filled(stackalloc LIST_ENTRY[4]);

        Assert.True(RemoveHeadList(list) == list + 1);
        Assert.True(RemoveTailList(list) == list + 3);
        Assert.Equal([2], Forwards(list));
        Assert.Equal([2], Backwards(list));
    }

    [Fact]
    public void RemovingTheLastEntrySaysThatTheListIsEmpty()
    {
        LIST_ENTRY* list = Filled(stackalloc LIST_ENTRY[3]);

        Assert.False(RemoveEntryList(list + 1));
        Assert.True(RemoveEntryList(list + 2));
        Assert.True(IsListEmpty(list));
    }

    [Fact]
    public void SinglyLinkedListIsAStack()
    {
        SINGLE_LIST_ENTRY* list = stackalloc SINGLE_LIST_ENTRY[3];
        list->Next = null;
        PushEntryList(list, list + 1);
        PushEntryList(list, list + 2);

        Assert.True(PopEntryList(list) == list + 2);
        Assert.True(PopEntryList(list) == list + 1);
        Assert.True(PopEntryList(list) == null);
    }

    [Fact]
    public void ContainingRecordGoesBackByTheFieldsOffset()
    {
        IRP irp;

        IRP* found = CONTAINING_RECORD<IRP>(&irp.Tail.Overlay.ListEntry, 168);

        Assert.True(found == &irp);
    }

    private static LIST_ENTRY* Filled(Span<LIST_ENTRY> entries)
    {
        // SAFETY: the caller's stackalloc outlives the test that asked for it.
        fixed (LIST_ENTRY* list = entries)
        {
            InitializeListHead(list);
            for (int i = 1; i < entries.Length; i++)
                InsertTailList(list, list + i);
            return list;
        }
    }

    private static List<long> Forwards(LIST_ENTRY* list)
    {
        List<long> indexes = [];
        for (LIST_ENTRY* entry = list->Flink; entry != list; entry = entry->Flink)
            indexes.Add(entry - list);
        return indexes;
    }

    private static List<long> Backwards(LIST_ENTRY* list)
    {
        List<long> indexes = [];
        for (LIST_ENTRY* entry = list->Blink; entry != list; entry = entry->Blink)
            indexes.Add(entry - list);
        return indexes;
    }
}
