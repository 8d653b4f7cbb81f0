namespace Hil.Kernel;

// A lookaside list keeps freed blocks of one size for the next allocation. wdm.h inlines both: pop from ListHead, else
// call the list's Allocate; push if ListHead is shorter than Depth, else call its Free. So what the kernel does is to
// fill in the list. With special pool the depth is 0, as Driver Verifier makes it: every block then goes through pool,
// where late use is found.

public static unsafe partial class Ntoskrnl
{
    private const uint LookasideRaiseOnFail = 1; // EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL
    private const uint LookasideFailNoRaise = 2; // EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE
    private const ushort LookasideDepth = 4; // Windows' first depth; it adapts, this does not.
    private const ushort LookasideDepthMax = 256;

    /// <summary>Prepares a list of nonpaged blocks of one size.</summary>
    /// <param name="allocate">Null for pool: ExAllocatePoolWithTag.</param>
    /// <param name="free">Null for pool: ExFreePool.</param>
    /// <remarks>WDK: ExInitializeNPagedLookasideList. The depth is reserved.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExInitializeNPagedLookasideList(
        NPAGED_LOOKASIDE_LIST* lookaside, DriverRoutine allocate, DriverRoutine free, uint flags, nuint size, uint tag,
        ushort depth) =>
        InitializeLookaside(
            (GENERAL_LOOKASIDE_POOL*)lookaside, allocate, free,
            (POOL_TYPE)((uint)POOL_TYPE.NonPagedPool | flags), size, tag);

    /// <summary>As ExInitializeNPagedLookasideList, for paged pool.</summary>
    /// <remarks>WDK: ExInitializePagedLookasideList.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ExInitializePagedLookasideList(
        PAGED_LOOKASIDE_LIST* lookaside, DriverRoutine allocate, DriverRoutine free, uint flags, nuint size, uint tag,
        ushort depth) =>
        InitializeLookaside(
            (GENERAL_LOOKASIDE_POOL*)lookaside, allocate, free,
            (POOL_TYPE)((uint)POOL_TYPE.PagedPool | flags), size, tag);

    /// <summary>Prepares a list of either pool; its routines get the list as their last argument.</summary>
    /// <remarks>WDK: ExInitializeLookasideListEx.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS ExInitializeLookasideListEx(
        LOOKASIDE_LIST_EX* lookaside, DriverRoutine allocate, DriverRoutine free, POOL_TYPE poolType, uint flags,
        nuint size, uint tag, ushort depth)
    {
        if ((flags & ~(LookasideRaiseOnFail | LookasideFailNoRaise)) != 0
            || flags == (LookasideRaiseOnFail | LookasideFailNoRaise))
            return STATUS_INVALID_PARAMETER_5;
        uint type = (uint)poolType;
        if (flags == LookasideRaiseOnFail)
            type |= POOL_RAISE_IF_ALLOCATION_FAILURE;
        if (flags == LookasideFailNoRaise)
            type |= POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;
        InitializeLookaside(&lookaside->L, allocate, free, (POOL_TYPE)type, size, tag);
        return STATUS_SUCCESS;
    }

    /// <summary>Frees the blocks that a list keeps; those that are still out are the driver's.</summary>
    /// <remarks>WDK: ExDeleteNPagedLookasideList.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExDeleteNPagedLookasideList(NPAGED_LOOKASIDE_LIST* lookaside) =>
        DeleteLookaside((GENERAL_LOOKASIDE_POOL*)lookaside);

    /// <inheritdoc cref="ExDeleteNPagedLookasideList"/>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ExDeletePagedLookasideList(PAGED_LOOKASIDE_LIST* lookaside) =>
        DeleteLookaside((GENERAL_LOOKASIDE_POOL*)lookaside);

    /// <inheritdoc cref="ExDeleteNPagedLookasideList"/>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExDeleteLookasideListEx(LOOKASIDE_LIST_EX* lookaside) => DeleteLookaside(&lookaside->L);

    /// <summary>Frees the blocks that a list keeps.</summary>
    /// <remarks>WDK: ExFlushLookasideListEx.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExFlushLookasideListEx(LOOKASIDE_LIST_EX* lookaside) => DrainLookaside(&lookaside->L);

    /// <summary>Takes a block from a list or from its allocator; null on failure.</summary>
    /// <remarks>WDK: ExAllocateFromNPagedLookasideList, inline in wdm.h; for managed drivers.</remarks>
    public static void* ExAllocateFromNPagedLookasideList(NPAGED_LOOKASIDE_LIST* lookaside) =>
        AllocateFromLookaside((GENERAL_LOOKASIDE_POOL*)lookaside, lookaside);

    /// <summary>Gives a block back to its list.</summary>
    /// <remarks>WDK: ExFreeToNPagedLookasideList, inline in wdm.h; for managed drivers.</remarks>
    public static void ExFreeToNPagedLookasideList(NPAGED_LOOKASIDE_LIST* lookaside, void* entry) =>
        FreeToLookaside((GENERAL_LOOKASIDE_POOL*)lookaside, entry, lookaside);

    /// <inheritdoc cref="ExAllocateFromNPagedLookasideList"/>
    /// <remarks>WDK: ExAllocateFromPagedLookasideList, inline in newer headers.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void* ExAllocateFromPagedLookasideList(PAGED_LOOKASIDE_LIST* lookaside) =>
        AllocateFromLookaside((GENERAL_LOOKASIDE_POOL*)lookaside, lookaside);

    /// <inheritdoc cref="ExFreeToNPagedLookasideList"/>
    /// <remarks>WDK: ExFreeToPagedLookasideList, inline in newer headers.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ExFreeToPagedLookasideList(PAGED_LOOKASIDE_LIST* lookaside, void* entry) =>
        FreeToLookaside((GENERAL_LOOKASIDE_POOL*)lookaside, entry, lookaside);

    /// <inheritdoc cref="ExAllocateFromNPagedLookasideList"/>
    public static void* ExAllocateFromLookasideListEx(LOOKASIDE_LIST_EX* lookaside) =>
        AllocateFromLookaside(&lookaside->L, lookaside);

    /// <inheritdoc cref="ExFreeToNPagedLookasideList"/>
    public static void ExFreeToLookasideListEx(LOOKASIDE_LIST_EX* lookaside, void* entry) =>
        FreeToLookaside(&lookaside->L, entry, lookaside);

    private static void InitializeLookaside(
        GENERAL_LOOKASIDE_POOL* list, DriverRoutine allocate, DriverRoutine free, POOL_TYPE type, nuint size, uint tag)
    {
        bool isKeeping = !NtKernel.Current.Services.SpecialPool;
        *list = default;
        InitializeSListHead(&list->ListHead);
        list->Depth = isKeeping ? LookasideDepth : (ushort)0;
        list->MaximumDepth = isKeeping ? LookasideDepthMax : (ushort)0;
        list->Type = type;
        list->Tag = tag;
        list->Size = Math.Max((uint)size, (uint)sizeof(SLIST_ENTRY));
        list->Allocate = allocate.IsNull ? StubOf(nameof(ExAllocatePoolWithTag)) : allocate;
        list->Free = free.IsNull ? StubOf(nameof(ExFreePool)) : free;
        list->ListEntry.Flink = list->ListEntry.Blink = &list->ListEntry;
        NtKernel.Current.Lookasides.Add(list);
    }

    private static void DeleteLookaside(GENERAL_LOOKASIDE_POOL* list)
    {
        DrainLookaside(list);
        NtKernel.Current.Lookasides.Remove(list);
    }

    private static void DrainLookaside(GENERAL_LOOKASIDE_POOL* list)
    {
        for (SLIST_ENTRY* entry = ExpInterlockedPopEntrySList(&list->ListHead); entry != null;
            entry = ExpInterlockedPopEntrySList(&list->ListHead))
            FreeBlock(list, entry, list);
    }

    private static void* AllocateFromLookaside(GENERAL_LOOKASIDE_POOL* list, void* lookaside)
    {
        list->TotalAllocates++;
        void* entry = ExpInterlockedPopEntrySList(&list->ListHead);
        if (entry != null)
            return entry;
        list->AllocateMisses++;
        return list->Allocate == StubOf(nameof(ExAllocatePoolWithTag))
            ? ExAllocatePoolWithTag(list->Type, list->Size, list->Tag)
            : (void*)Processor.Current.Call(
                list->Allocate, (ulong)list->Type, list->Size, list->Tag, (ulong)lookaside);
    }

    private static void FreeToLookaside(GENERAL_LOOKASIDE_POOL* list, void* entry, void* lookaside)
    {
        list->TotalFrees++;
        if (ExQueryDepthSList(&list->ListHead) < list->Depth)
        {
            ExpInterlockedPushEntrySList(&list->ListHead, (SLIST_ENTRY*)entry);
            return;
        }
        list->FreeMisses++;
        FreeBlock(list, entry, lookaside);
    }

    private static void FreeBlock(GENERAL_LOOKASIDE_POOL* list, void* entry, void* lookaside)
    {
        if (list->Free == StubOf(nameof(ExFreePool)))
            ExFreePool(entry);
        else
            Processor.Current.Call(list->Free, entry, lookaside);
    }

    private static DriverRoutine StubOf(string export)
    {
        bool isFound = ExportTable.TryFind(export, out int id);
        Invariant.Holds(isFound, "an export that the kernel names is in its table");
        return new DriverRoutine(NtKernel.Current.Gate.AddressOf((uint)id));
    }
}
