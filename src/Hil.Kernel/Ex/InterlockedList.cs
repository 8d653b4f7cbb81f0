namespace Hil.Kernel;

// These run at any IRQL: on Windows they hold the spin lock with interrupts off. Host code that holds the baton cannot
// be cut into, so the lock word is only checked and marked for the moment.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Inserts at the head; returns the entry that was first, or null.</summary>
    /// <remarks>WDK: ExInterlockedInsertHeadList.</remarks>
    [Export]
    public static LIST_ENTRY* ExInterlockedInsertHeadList(
        LIST_ENTRY* listHead, LIST_ENTRY* listEntry, KSPIN_LOCK* @lock)
    {
        Hold(@lock);
        LIST_ENTRY* first = IsListEmpty(listHead) ? null : RequireLink(listHead->Flink);
        InsertHeadList(listHead, listEntry);
        Release(@lock);
        return first;
    }

    /// <summary>Inserts at the tail; returns the entry that was last, or null.</summary>
    /// <remarks>WDK: ExInterlockedInsertTailList.</remarks>
    [Export]
    public static LIST_ENTRY* ExInterlockedInsertTailList(
        LIST_ENTRY* listHead, LIST_ENTRY* listEntry, KSPIN_LOCK* @lock)
    {
        Hold(@lock);
        LIST_ENTRY* last = IsListEmpty(listHead) ? null : RequireLink(listHead->Blink);
        InsertTailList(listHead, listEntry);
        Release(@lock);
        return last;
    }

    /// <summary>Takes the first entry; null if there is none.</summary>
    /// <remarks>WDK: ExInterlockedRemoveHeadList.</remarks>
    [Export]
    public static LIST_ENTRY* ExInterlockedRemoveHeadList(LIST_ENTRY* listHead, KSPIN_LOCK* @lock)
    {
        Hold(@lock);
        LIST_ENTRY* first = null;
        if (!IsListEmpty(listHead))
        {
            first = RequireLink(listHead->Flink);
            RequireLink(first->Flink);
            RemoveEntryList(first);
        }
        Release(@lock);
        return first;
    }

    /// <summary>Pushes onto a singly linked list; returns the entry that was first, or null.</summary>
    /// <remarks>WDK: ExInterlockedPushEntryList.</remarks>
    [Export]
    public static SINGLE_LIST_ENTRY* ExInterlockedPushEntryList(
        SINGLE_LIST_ENTRY* listHead, SINGLE_LIST_ENTRY* listEntry, KSPIN_LOCK* @lock)
    {
        Hold(@lock);
        SINGLE_LIST_ENTRY* first = listHead->Next;
        PushEntryList(listHead, listEntry);
        Release(@lock);
        return first;
    }

    /// <summary>Pops from a singly linked list; null if it is empty.</summary>
    /// <remarks>WDK: ExInterlockedPopEntryList.</remarks>
    [Export]
    public static SINGLE_LIST_ENTRY* ExInterlockedPopEntryList(SINGLE_LIST_ENTRY* listHead, KSPIN_LOCK* @lock)
    {
        Hold(@lock);
        if (listHead->Next != null)
            PointerCheck.Follow<SINGLE_LIST_ENTRY>(listHead->Next, "ListHead->Next");
        SINGLE_LIST_ENTRY* first = PopEntryList(listHead);
        Release(@lock);
        return first;
    }

    /// <summary>Adds to a 64-bit value; returns the value before.</summary>
    /// <remarks>WDK: ExInterlockedAddLargeInteger.</remarks>
    [Export]
    public static long ExInterlockedAddLargeInteger(long* addend, long increment, KSPIN_LOCK* @lock)
    {
        Hold(@lock);
        long before = *addend;
        *addend = before + increment;
        Release(@lock);
        return before;
    }

    /// <summary>Adds to a 32-bit value; returns the value before.</summary>
    /// <remarks>WDK: ExInterlockedAddUlong.</remarks>
    [Export]
    public static uint ExInterlockedAddUlong(uint* addend, uint increment, KSPIN_LOCK* @lock)
    {
        Hold(@lock);
        uint before = *addend;
        *addend = before + increment;
        Release(@lock);
        return before;
    }

    private static LIST_ENTRY* RequireLink(LIST_ENTRY* link) =>
        PointerCheck.Follow<LIST_ENTRY>(link, "a link of the list");
}
