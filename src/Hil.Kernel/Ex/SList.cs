namespace Hil.Kernel;

// The x64 header: depth in the low 16 bits and a sequence number above it; in the second word the address of the first
// entry, 16-byte aligned, with flags in its low four bits that are kept as they are.

public static unsafe partial class Ntoskrnl
{
    private const ulong SListDepthMask = 0xFFFF;
    private const ulong SListStep = 0x10000; // Sequence + 1
    private const ulong SListFlags = 0xF;

    /// <summary>Initialises an interlocked list.</summary>
    /// <remarks>WDK: InitializeSListHead.</remarks>
    [Export]
    public static void InitializeSListHead(SLIST_HEADER* listHead) =>
        RequireAligned(listHead)->Alignment = listHead->Region = 0;

    /// <inheritdoc cref="InitializeSListHead"/>
    [Export]
    public static void RtlInitializeSListHead(SLIST_HEADER* listHead) => InitializeSListHead(listHead);

    /// <summary>Pushes an entry; returns the one that was first, or null.</summary>
    /// <remarks>WDK: ExInterlockedPushEntrySList, of which this is the exported form.</remarks>
    [Export]
    public static SLIST_ENTRY* ExpInterlockedPushEntrySList(SLIST_HEADER* listHead, SLIST_ENTRY* listEntry)
    {
        SLIST_ENTRY* first = FirstOf(RequireAligned(listHead));
        listEntry->Next = first;
        listHead->Region = (ulong)listEntry | (listHead->Region & SListFlags);
        listHead->Alignment = ((listHead->Alignment & ~SListDepthMask) + SListStep)
            | ((listHead->Alignment + 1) & SListDepthMask);
        return first;
    }

    /// <summary>Pops the first entry; null if there is none.</summary>
    /// <remarks>WDK: ExInterlockedPopEntrySList, of which this is the exported form.</remarks>
    [Export]
    public static SLIST_ENTRY* ExpInterlockedPopEntrySList(SLIST_HEADER* listHead)
    {
        SLIST_ENTRY* first = FirstOf(RequireAligned(listHead));
        if (first == null)
            return null;
        PointerCheck.Follow<SLIST_ENTRY>(first, "ListHead->NextEntry");
        listHead->Region = (ulong)first->Next | (listHead->Region & SListFlags);
        listHead->Alignment = ((listHead->Alignment & ~SListDepthMask) + SListStep)
            | ((listHead->Alignment - 1) & SListDepthMask);
        return first;
    }

    /// <summary>Takes all entries; returns the first, or null.</summary>
    /// <remarks>WDK: ExInterlockedFlushSList, of which this is the exported form.</remarks>
    [Export]
    public static SLIST_ENTRY* ExpInterlockedFlushSList(SLIST_HEADER* listHead)
    {
        SLIST_ENTRY* first = FirstOf(RequireAligned(listHead));
        listHead->Region &= SListFlags;
        listHead->Alignment = (listHead->Alignment & ~SListDepthMask) + SListStep;
        return first;
    }

    /// <summary>Number of entries, modulo 65536.</summary>
    /// <remarks>WDK: ExQueryDepthSList.</remarks>
    [Export]
    public static ushort ExQueryDepthSList(SLIST_HEADER* listHead) => (ushort)(listHead->Alignment & SListDepthMask);

    private static SLIST_ENTRY* FirstOf(SLIST_HEADER* listHead) => (SLIST_ENTRY*)(listHead->Region & ~SListFlags);

    // Windows raises STATUS_DATATYPE_MISALIGNMENT for a head that is not 16-byte aligned.
    private static SLIST_HEADER* RequireAligned(SLIST_HEADER* listHead)
    {
        if (((ulong)listHead & SListFlags) != 0)
            throw new GuestRaiseException(STATUS_DATATYPE_MISALIGNMENT);
        return listHead;
    }
}
