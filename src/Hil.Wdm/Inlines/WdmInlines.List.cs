namespace Hil.Wdm;

// Doubly linked lists whose head is itself a link: an empty list's head points at itself.
public static unsafe partial class WdmInlines
{
    public static void InitializeListHead(LIST_ENTRY* listHead) => listHead->Flink = listHead->Blink = listHead;

    public static bool IsListEmpty(LIST_ENTRY* listHead) => listHead->Flink == listHead;

    public static void InsertHeadList(LIST_ENTRY* listHead, LIST_ENTRY* entry) =>
        Link(listHead, entry, listHead->Flink);

    public static void InsertTailList(LIST_ENTRY* listHead, LIST_ENTRY* entry) =>
        Link(listHead->Blink, entry, listHead);

    /// <summary>Unlinks an entry; true if the list is empty afterwards.</summary>
    public static bool RemoveEntryList(LIST_ENTRY* entry)
    {
        LIST_ENTRY* next = entry->Flink;
        LIST_ENTRY* previous = entry->Blink;
        previous->Flink = next;
        next->Blink = previous;
        return next == previous;
    }

    /// <summary>Unlinks and returns the first entry; the head itself if the list is empty.</summary>
    public static LIST_ENTRY* RemoveHeadList(LIST_ENTRY* listHead)
    {
        LIST_ENTRY* entry = listHead->Flink;
        RemoveEntryList(entry);
        return entry;
    }

    /// <summary>Unlinks and returns the last entry; the head itself if the list is empty.</summary>
    public static LIST_ENTRY* RemoveTailList(LIST_ENTRY* listHead)
    {
        LIST_ENTRY* entry = listHead->Blink;
        RemoveEntryList(entry);
        return entry;
    }

    public static void PushEntryList(SINGLE_LIST_ENTRY* listHead, SINGLE_LIST_ENTRY* entry)
    {
        entry->Next = listHead->Next;
        listHead->Next = entry;
    }

    /// <summary>Unlinks and returns the first entry; null if the list is empty.</summary>
    public static SINGLE_LIST_ENTRY* PopEntryList(SINGLE_LIST_ENTRY* listHead)
    {
        SINGLE_LIST_ENTRY* entry = listHead->Next;
        if (entry != null)
            listHead->Next = entry->Next;
        return entry;
    }

    private static void Link(LIST_ENTRY* previous, LIST_ENTRY* entry, LIST_ENTRY* next)
    {
        entry->Flink = next;
        entry->Blink = previous;
        previous->Flink = entry;
        next->Blink = entry;
    }
}
