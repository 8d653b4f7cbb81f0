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
        RTL_SPLAY_LINKS* place = Find(table, buffer, out TABLE_SEARCH_RESULT result);
        return Insert(table, buffer, bufferSize, newElement, place, result);
    }

    /// <summary>As RtlInsertElementGenericTable, at the place that RtlLookupElementGenericTableFull found.</summary>
    /// <remarks>WDK: RtlInsertElementGenericTableFull.</remarks>
    [Export]
    public static void* RtlInsertElementGenericTableFull(
        RTL_GENERIC_TABLE* table, void* buffer, uint bufferSize, BOOLEAN* newElement, RTL_SPLAY_LINKS* nodeOrParent,
        TABLE_SEARCH_RESULT searchResult) =>
        Insert(table, buffer, bufferSize, newElement, nodeOrParent, searchResult);

    /// <summary>Removes the element that is equal to one; FALSE when there is none.</summary>
    /// <remarks>WDK: RtlDeleteElementGenericTable.</remarks>
    [Export]
    public static BOOLEAN RtlDeleteElementGenericTable(RTL_GENERIC_TABLE* table, void* buffer)
    {
        RTL_SPLAY_LINKS* found = Find(table, buffer, out TABLE_SEARCH_RESULT result);
        if (result != TABLE_SEARCH_RESULT.TableFoundNode)
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
        RTL_SPLAY_LINKS* place;
        TABLE_SEARCH_RESULT result;
        return RtlLookupElementGenericTableFull(table, buffer, &place, &result);
    }

    /// <summary>As RtlLookupElementGenericTable, and tells where an equal element is or would hang.</summary>
    /// <remarks>WDK: RtlLookupElementGenericTableFull.</remarks>
    [Export]
    public static void* RtlLookupElementGenericTableFull(
        RTL_GENERIC_TABLE* table, void* buffer, [UncheckedPointer] RTL_SPLAY_LINKS** nodeOrParent,
        [UncheckedPointer] TABLE_SEARCH_RESULT* searchResult)
    {
        *nodeOrParent = Find(table, buffer, out *searchResult);
        if (*searchResult != TABLE_SEARCH_RESULT.TableFoundNode)
            return null;
        table->TableRoot = SplayTree.Splay(*nodeOrParent);
        return DataOf(*nodeOrParent);
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

    private static void* Insert(
        RTL_GENERIC_TABLE* table, void* buffer, uint bufferSize, BOOLEAN* newElement, RTL_SPLAY_LINKS* place,
        TABLE_SEARCH_RESULT result)
    {
        bool isNew = result != TABLE_SEARCH_RESULT.TableFoundNode;
        RTL_SPLAY_LINKS* node = place;
        if (isNew)
        {
            node = (RTL_SPLAY_LINKS*)Processor.Current.Call(
                table->AllocateRoutine, (ulong)table, (ulong)TableHeaderBytes + bufferSize);
            if (node == null)
                return null;
            AddElement(table, SplayTree.At(node), place, result);
            RtlCopyMemory(DataOf(node), buffer, bufferSize);
        }
        table->TableRoot = SplayTree.Splay(SplayTree.At(node));
        if (newElement != null)
            *newElement = isNew;
        return DataOf(node);
    }

    private static void AddElement(
        RTL_GENERIC_TABLE* table, RTL_SPLAY_LINKS* node, RTL_SPLAY_LINKS* parent, TABLE_SEARCH_RESULT result)
    {
        bool isRoot = result == TABLE_SEARCH_RESULT.TableEmptyTree;
        *node = new RTL_SPLAY_LINKS { Parent = isRoot ? node : SplayTree.At(parent) };
        if (result == TABLE_SEARCH_RESULT.TableInsertAsRight)
            parent->RightChild = node;
        else if (!isRoot)
            parent->LeftChild = node;
        PointerCheck.Follow<LIST_ENTRY>(table->InsertOrderList.Blink, "a link of a generic table");
        InsertTailList(&table->InsertOrderList, (LIST_ENTRY*)(node + 1));
        table->NumberGenericTableElements++;
    }

    // The equal element, or the one below which it would hang.
    private static RTL_SPLAY_LINKS* Find(RTL_GENERIC_TABLE* table, void* buffer, out TABLE_SEARCH_RESULT result)
    {
        result = TABLE_SEARCH_RESULT.TableEmptyTree;
        RTL_SPLAY_LINKS* last = null;
        for (RTL_SPLAY_LINKS* node = table->TableRoot; node != null;)
        {
            last = SplayTree.At(node);
            RTL_GENERIC_COMPARE_RESULTS order = Compare(table, table->CompareRoutine, buffer, DataOf(node));
            result = ResultOf(order);
            if (result == TABLE_SEARCH_RESULT.TableFoundNode)
                return node;
            node = result == TABLE_SEARCH_RESULT.TableInsertAsRight ? node->RightChild : node->LeftChild;
        }
        return last;
    }
}
