namespace Hil.Kernel;

// As the AVL table (AvlTable.cs), but a splay tree, and its elements are also threaded on a list in the order of
// insertion, which RtlGetElementGenericTable counts by.
//
//   | RTL_SPLAY_LINKS | LIST_ENTRY | the driver's data |

public static unsafe partial class Ntoskrnl
{
    private static int TableHeaderBytes => sizeof(RTL_SPLAY_LINKS) + sizeof(LIST_ENTRY);

    /// <summary>Prepares an empty table.</summary>
    /// <remarks>WDK: RtlInitializeGenericTable.</remarks>
    [Export]
    public static void RtlInitializeGenericTable(
        RTL_GENERIC_TABLE* table, DriverRoutine compareRoutine, DriverRoutine allocateRoutine,
        DriverRoutine freeRoutine, void* tableContext)
    {
        *table = new RTL_GENERIC_TABLE
        {
            CompareRoutine = compareRoutine,
            AllocateRoutine = allocateRoutine,
            FreeRoutine = freeRoutine,
            TableContext = tableContext,
        };
        InitializeListHead(&table->InsertOrderList);
        table->OrderedPointer = &table->InsertOrderList;
    }

    /// <summary>Adds a copy of an element unless an equal one is there; returns the one in the table, null without
    /// memory.</summary>
    /// <remarks>WDK: RtlInsertElementGenericTable.</remarks>
    [Export]
    public static void* RtlInsertElementGenericTable(
        RTL_GENERIC_TABLE* table, void* buffer, uint bufferSize, BOOLEAN* newElement)
    {
        RTL_SPLAY_LINKS* found = Find(table, buffer, out RTL_SPLAY_LINKS* parent, out bool isRight);
        bool isNew = found == null;
        if (isNew)
        {
            found = (RTL_SPLAY_LINKS*)Processor.Current.Call(
                table->AllocateRoutine, (ulong)table, (ulong)TableHeaderBytes + bufferSize);
            if (found == null)
                return null;
            AddElement(table, SplayTree.At(found), parent, isRight);
            RtlCopyMemory(DataOf(found), buffer, bufferSize);
        }
        table->TableRoot = SplayTree.Splay(found);
        if (newElement != null)
            *newElement = isNew;
        return DataOf(found);
    }

    /// <summary>Removes the element that is equal to one; FALSE when there is none.</summary>
    /// <remarks>WDK: RtlDeleteElementGenericTable.</remarks>
    [Export]
    public static BOOLEAN RtlDeleteElementGenericTable(RTL_GENERIC_TABLE* table, void* buffer)
    {
        RTL_SPLAY_LINKS* found = Find(table, buffer, out _, out _);
        if (found == null)
            return false;
        table->TableRoot = SplayTree.Remove(found);
        var order = (LIST_ENTRY*)(found + 1);
        PointerCheck.Follow<LIST_ENTRY>(order->Flink, "a link of a generic table");
        PointerCheck.Follow<LIST_ENTRY>(order->Blink, "a link of a generic table");
        RemoveEntryList(order);
        table->NumberGenericTableElements--;
        table->WhichOrderedElement = 0;
        table->OrderedPointer = &table->InsertOrderList;
        Processor.Current.Call(table->FreeRoutine, table, found);
        return true;
    }

    /// <summary>The element that is equal to one, or null.</summary>
    /// <remarks>WDK: RtlLookupElementGenericTable.</remarks>
    [Export]
    public static void* RtlLookupElementGenericTable(RTL_GENERIC_TABLE* table, void* buffer)
    {
        RTL_SPLAY_LINKS* found = Find(table, buffer, out _, out _);
        if (found == null)
            return null;
        table->TableRoot = SplayTree.Splay(found);
        return DataOf(found);
    }

    /// <summary>The first element in order, then at each call the next one; null at the end.</summary>
    /// <remarks>WDK: RtlEnumerateGenericTable. The place is the root: each element is rotated there.</remarks>
    [Export]
    public static void* RtlEnumerateGenericTable(RTL_GENERIC_TABLE* table, BOOLEAN restart)
    {
        if (table->TableRoot == null)
            return null;
        RTL_SPLAY_LINKS* root = SplayTree.At(table->TableRoot);
        RTL_SPLAY_LINKS* next = restart ? SplayTree.First(root) : SplayTree.Next(root);
        if (next == null)
            return null;
        table->TableRoot = SplayTree.Splay(next);
        return DataOf(next);
    }

    /// <summary>As RtlEnumerateGenericTable with the caller's own place, null at first.</summary>
    /// <remarks>WDK: RtlEnumerateGenericTableWithoutSplaying.</remarks>
    [Export]
    public static void* RtlEnumerateGenericTableWithoutSplaying(RTL_GENERIC_TABLE* table, void** restartKey)
    {
        var last = (RTL_SPLAY_LINKS*)*restartKey;
        RTL_SPLAY_LINKS* next = last != null ? SplayTree.Next(SplayTree.At(last))
            : table->TableRoot != null ? SplayTree.First(SplayTree.At(table->TableRoot)) : null;
        if (next == null)
            return null;
        *restartKey = next;
        return DataOf(next);
    }

    /// <summary>The n-th element in the order of insertion, from 0; null when there are fewer.</summary>
    /// <remarks>WDK: RtlGetElementGenericTable.</remarks>
    [Export]
    public static void* RtlGetElementGenericTable(RTL_GENERIC_TABLE* table, uint i)
    {
        if (i >= table->NumberGenericTableElements)
            return null;
        LIST_ENTRY* entry = table->InsertOrderList.Flink;
        for (; i > 0; i--)
            entry = PointerCheck.Follow<LIST_ENTRY>(entry, "a link of a generic table")->Flink;
        return entry + 1;
    }

    /// <summary>Number of elements.</summary>
    /// <remarks>WDK: RtlNumberGenericTableElements.</remarks>
    [Export]
    public static uint RtlNumberGenericTableElements(RTL_GENERIC_TABLE* table) => table->NumberGenericTableElements;

    /// <summary>Whether there are no elements.</summary>
    /// <remarks>WDK: RtlIsGenericTableEmpty.</remarks>
    [Export]
    public static BOOLEAN RtlIsGenericTableEmpty(RTL_GENERIC_TABLE* table) => table->TableRoot == null;

    private static void* DataOf(RTL_SPLAY_LINKS* node) => (byte*)node + TableHeaderBytes;

    private static void AddElement(
        RTL_GENERIC_TABLE* table, RTL_SPLAY_LINKS* node, RTL_SPLAY_LINKS* parent, bool isRight)
    {
        *node = new RTL_SPLAY_LINKS { Parent = parent == null ? node : parent };
        if (parent != null && isRight)
            parent->RightChild = node;
        else if (parent != null)
            parent->LeftChild = node;
        PointerCheck.Follow<LIST_ENTRY>(table->InsertOrderList.Blink, "a link of a generic table");
        InsertTailList(&table->InsertOrderList, (LIST_ENTRY*)(node + 1));
        table->NumberGenericTableElements++;
    }

    // The equal element, or null and the place where it would hang.
    private static RTL_SPLAY_LINKS* Find(
        RTL_GENERIC_TABLE* table, void* buffer, out RTL_SPLAY_LINKS* parent, out bool isRight)
    {
        parent = null;
        isRight = false;
        for (RTL_SPLAY_LINKS* node = table->TableRoot; node != null;)
        {
            SplayTree.At(node);
            RTL_GENERIC_COMPARE_RESULTS order = Compare(table, table->CompareRoutine, buffer, DataOf(node));
            if (order == RTL_GENERIC_COMPARE_RESULTS.GenericEqual)
                return node;
            parent = node;
            isRight = order == RTL_GENERIC_COMPARE_RESULTS.GenericGreaterThan;
            node = isRight ? node->RightChild : node->LeftChild;
        }
        return null;
    }
}
