namespace Hil.Kernel;

// The table calls the driver back for comparing and for memory; an element is a node followed by the driver's own data.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Prepares an empty table.</summary>
    /// <remarks>WDK: RtlInitializeGenericTableAvl.</remarks>
    [Export]
    public static void RtlInitializeGenericTableAvl(
        RTL_AVL_TABLE* table, DriverRoutine compareRoutine, DriverRoutine allocateRoutine, DriverRoutine freeRoutine,
        void* tableContext)
    {
        *table = new RTL_AVL_TABLE
        {
            CompareRoutine = compareRoutine,
            AllocateRoutine = allocateRoutine,
            FreeRoutine = freeRoutine,
            TableContext = tableContext,
        };
        table->BalancedRoot.Parent = &table->BalancedRoot;
    }

    /// <summary>Adds a copy of an element unless an equal one is there; returns the one in the table, null without
    /// memory.</summary>
    /// <remarks>WDK: RtlInsertElementGenericTableAvl.</remarks>
    [Export]
    public static void* RtlInsertElementGenericTableAvl(
        RTL_AVL_TABLE* table, void* buffer, uint bufferSize, BOOLEAN* newElement)
    {
        RTL_BALANCED_LINKS* found = Find(table, buffer, out RTL_BALANCED_LINKS* parent, out bool isRight);
        bool isNew = found == null;
        if (isNew)
        {
            found = (RTL_BALANCED_LINKS*)Processor.Current.Call(
                table->AllocateRoutine, (ulong)table, (ulong)sizeof(RTL_BALANCED_LINKS) + bufferSize);
            if (found == null)
                return null;
            AvlTree.At(found);
            RtlCopyMemory(found + 1, buffer, bufferSize);
            AvlTree.Insert(&table->BalancedRoot, parent, found, isRight);
            table->NumberGenericTableElements++;
        }
        if (newElement != null)
            *newElement = isNew;
        return found + 1;
    }

    /// <summary>Removes the element that is equal to one; FALSE when there is none.</summary>
    /// <remarks>WDK: RtlDeleteElementGenericTableAvl.</remarks>
    [Export]
    public static BOOLEAN RtlDeleteElementGenericTableAvl(RTL_AVL_TABLE* table, void* buffer)
    {
        RTL_BALANCED_LINKS* found = Find(table, buffer, out _, out _);
        if (found == null)
            return false;
        if (table->RestartKey == found)
            table->RestartKey = AvlTree.Previous(&table->BalancedRoot, found);
        AvlTree.Remove(&table->BalancedRoot, found);
        table->NumberGenericTableElements--;
        table->DeleteCount++;
        Processor.Current.Call(table->FreeRoutine, table, found);
        return true;
    }

    /// <summary>The element that is equal to one, or null.</summary>
    /// <remarks>WDK: RtlLookupElementGenericTableAvl.</remarks>
    [Export]
    public static void* RtlLookupElementGenericTableAvl(RTL_AVL_TABLE* table, void* buffer)
    {
        RTL_BALANCED_LINKS* found = Find(table, buffer, out _, out _);
        return found == null ? null : found + 1;
    }

    /// <summary>The first element in order, then at each call the next one; null at the end.</summary>
    /// <remarks>WDK: RtlEnumerateGenericTableAvl.</remarks>
    [Export]
    public static void* RtlEnumerateGenericTableAvl(RTL_AVL_TABLE* table, BOOLEAN restart)
    {
        void* key = restart ? null : table->RestartKey;
        void* element = RtlEnumerateGenericTableWithoutSplayingAvl(table, &key);
        table->RestartKey = (RTL_BALANCED_LINKS*)key;
        return element;
    }

    /// <summary>As RtlEnumerateGenericTableAvl with the caller's own place, null at first.</summary>
    /// <remarks>WDK: RtlEnumerateGenericTableWithoutSplayingAvl.</remarks>
    [Export]
    public static void* RtlEnumerateGenericTableWithoutSplayingAvl(
        RTL_AVL_TABLE* table, [UncheckedPointer] void** restartKey)
    {
        var last = (RTL_BALANCED_LINKS*)*restartKey;
        RTL_BALANCED_LINKS* header = &table->BalancedRoot;
        RTL_BALANCED_LINKS* next = last != null ? AvlTree.Next(header, AvlTree.At(last))
            : header->RightChild != null ? AvlTree.First(AvlTree.At(header->RightChild)) : null;
        if (next == null)
            return null;
        *restartKey = next;
        return next + 1;
    }

    /// <summary>The n-th element in order, from 0; null when there are fewer.</summary>
    /// <remarks>WDK: RtlGetElementGenericTableAvl.</remarks>
    [Export]
    public static void* RtlGetElementGenericTableAvl(RTL_AVL_TABLE* table, uint i)
    {
        void* key = null;
        void* element = RtlEnumerateGenericTableWithoutSplayingAvl(table, &key);
        for (; i > 0 && element != null; i--)
            element = RtlEnumerateGenericTableWithoutSplayingAvl(table, &key);
        return element;
    }

    /// <summary>Number of elements.</summary>
    /// <remarks>WDK: RtlNumberGenericTableElementsAvl.</remarks>
    [Export]
    public static uint RtlNumberGenericTableElementsAvl(RTL_AVL_TABLE* table) => table->NumberGenericTableElements;

    /// <summary>Whether there are no elements.</summary>
    /// <remarks>WDK: RtlIsGenericTableEmptyAvl.</remarks>
    [Export]
    public static BOOLEAN RtlIsGenericTableEmptyAvl(RTL_AVL_TABLE* table) => table->NumberGenericTableElements == 0;

    // The equal element, or null and the place where it would hang.
    private static RTL_BALANCED_LINKS* Find(
        RTL_AVL_TABLE* table, void* buffer, out RTL_BALANCED_LINKS* parent, out bool isRight)
    {
        parent = &table->BalancedRoot;
        isRight = true;
        for (RTL_BALANCED_LINKS* node = parent->RightChild; node != null;)
        {
            AvlTree.At(node);
            RTL_GENERIC_COMPARE_RESULTS order = Compare(table, table->CompareRoutine, buffer, node + 1);
            if (order == RTL_GENERIC_COMPARE_RESULTS.GenericEqual)
                return node;
            parent = node;
            isRight = order == RTL_GENERIC_COMPARE_RESULTS.GenericGreaterThan;
            node = isRight ? node->RightChild : node->LeftChild;
        }
        return null;
    }

    private static RTL_GENERIC_COMPARE_RESULTS Compare(void* table, DriverRoutine routine, void* first, void* second) =>
        (RTL_GENERIC_COMPARE_RESULTS)(uint)Processor.Current.Call(routine, table, first, second);
}
