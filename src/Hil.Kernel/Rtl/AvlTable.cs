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
        RTL_BALANCED_LINKS* place = Find(table, buffer, out TABLE_SEARCH_RESULT result);
        return Insert(table, buffer, bufferSize, newElement, place, result);
    }

    /// <summary>As RtlInsertElementGenericTableAvl, at the place that RtlLookupElementGenericTableFullAvl
    /// found.</summary>
    /// <remarks>WDK: RtlInsertElementGenericTableFullAvl.</remarks>
    [Export]
    public static void* RtlInsertElementGenericTableFullAvl(
        RTL_AVL_TABLE* table, void* buffer, uint bufferSize, BOOLEAN* newElement, RTL_BALANCED_LINKS* nodeOrParent,
        TABLE_SEARCH_RESULT searchResult) =>
        Insert(table, buffer, bufferSize, newElement, nodeOrParent, searchResult);

    /// <summary>Removes the element that is equal to one; FALSE when there is none.</summary>
    /// <remarks>WDK: RtlDeleteElementGenericTableAvl.</remarks>
    [Export]
    public static BOOLEAN RtlDeleteElementGenericTableAvl(RTL_AVL_TABLE* table, void* buffer)
    {
        RTL_BALANCED_LINKS* found = Find(table, buffer, out TABLE_SEARCH_RESULT result);
        if (result != TABLE_SEARCH_RESULT.TableFoundNode)
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
        RTL_BALANCED_LINKS* found = Find(table, buffer, out TABLE_SEARCH_RESULT result);
        return result == TABLE_SEARCH_RESULT.TableFoundNode ? found + 1 : null;
    }

    /// <summary>As RtlLookupElementGenericTableAvl, and tells where an equal element is or would hang.</summary>
    /// <remarks>WDK: RtlLookupElementGenericTableFullAvl.</remarks>
    [Export]
    public static void* RtlLookupElementGenericTableFullAvl(
        RTL_AVL_TABLE* table, void* buffer, RTL_BALANCED_LINKS** nodeOrParent, TABLE_SEARCH_RESULT* searchResult)
    {
        *nodeOrParent = Find(table, buffer, out *searchResult);
        return *searchResult == TABLE_SEARCH_RESULT.TableFoundNode ? *nodeOrParent + 1 : null;
    }

    /// <summary>The first in order of the elements that are equal to one, or null.</summary>
    /// <param name="restartKey">Gets its place, from where RtlEnumerateGenericTableWithoutSplayingAvl goes on.</param>
    /// <remarks>WDK: RtlLookupFirstMatchingElementGenericTableAvl.</remarks>
    [Export]
    public static void* RtlLookupFirstMatchingElementGenericTableAvl(
        RTL_AVL_TABLE* table, void* buffer, void** restartKey)
    {
        *restartKey = null;
        RTL_BALANCED_LINKS* found = Find(table, buffer, out TABLE_SEARCH_RESULT result);
        if (result != TABLE_SEARCH_RESULT.TableFoundNode)
            return null;
        RTL_BALANCED_LINKS* before = AvlTree.Previous(&table->BalancedRoot, found);
        while (before != null && IsEqual(table, buffer, before))
        {
            found = before;
            before = AvlTree.Previous(&table->BalancedRoot, found);
        }
        *restartKey = found;
        return found + 1;
    }

    /// <summary>Walks the elements in order, and is not confused by elements that come and go meanwhile.</summary>
    /// <param name="matchFunction">Asked about each element, unless it is null: STATUS_SUCCESS to return it,
    /// STATUS_NO_MATCH to go on, STATUS_NO_MORE_MATCHES to end.</param>
    /// <param name="nextFlag">TRUE to begin behind the place, FALSE with it.</param>
    /// <param name="restartKey">The place, null at first.</param>
    /// <param name="deleteCount">Tells whether elements went; the place is then looked up anew.</param>
    /// <param name="buffer">The place as an element, for when there is none or it is not good any more.</param>
    /// <returns>Null at the end.</returns>
    /// <remarks>WDK: RtlEnumerateGenericTableLikeADirectory.</remarks>
    [Export]
    public static void* RtlEnumerateGenericTableLikeADirectory(
        RTL_AVL_TABLE* table, DriverRoutine matchFunction, void* matchData, uint nextFlag, void** restartKey,
        uint* deleteCount, void* buffer)
    {
        RTL_BALANCED_LINKS* header = &table->BalancedRoot;
        RTL_BALANCED_LINKS* node = *restartKey != null && *deleteCount == table->DeleteCount
            ? Step(header, AvlTree.At((RTL_BALANCED_LINKS*)*restartKey), nextFlag != 0)
            : FindFrom(table, buffer, nextFlag != 0);
        *deleteCount = table->DeleteCount;
        for (; node != null; node = AvlTree.Next(header, node))
        {
            *restartKey = node;
            NTSTATUS match = matchFunction.IsNull ? STATUS_SUCCESS
                : new NTSTATUS((uint)Processor.Current.Call(matchFunction, table, node + 1, matchData));
            if (match == STATUS_SUCCESS)
                return node + 1;
            if (match == STATUS_NO_MORE_MATCHES)
                return null;
            AvlTree.At(node);
        }
        return null;
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

    private static void* Insert(
        RTL_AVL_TABLE* table, void* buffer, uint bufferSize, BOOLEAN* newElement, RTL_BALANCED_LINKS* place,
        TABLE_SEARCH_RESULT result)
    {
        bool isNew = result != TABLE_SEARCH_RESULT.TableFoundNode;
        RTL_BALANCED_LINKS* node = place;
        if (isNew)
        {
            node = (RTL_BALANCED_LINKS*)Processor.Current.Call(
                table->AllocateRoutine, (ulong)table, (ulong)sizeof(RTL_BALANCED_LINKS) + bufferSize);
            if (node == null)
                return null;
            AvlTree.At(node);
            RtlCopyMemory(node + 1, buffer, bufferSize);
            bool isRoot = result == TABLE_SEARCH_RESULT.TableEmptyTree;
            AvlTree.Insert(&table->BalancedRoot, isRoot ? &table->BalancedRoot : AvlTree.At(place), node,
                isRight: result != TABLE_SEARCH_RESULT.TableInsertAsLeft);
            table->NumberGenericTableElements++;
        }
        if (newElement != null)
            *newElement = isNew;
        return node + 1;
    }

    // The equal element, or the one below which it would hang; null in an empty tree.
    private static RTL_BALANCED_LINKS* Find(RTL_AVL_TABLE* table, void* buffer, out TABLE_SEARCH_RESULT result)
    {
        result = TABLE_SEARCH_RESULT.TableEmptyTree;
        RTL_BALANCED_LINKS* last = null;
        for (RTL_BALANCED_LINKS* node = table->BalancedRoot.RightChild; node != null;)
        {
            last = AvlTree.At(node);
            result = ResultOf(Compare(table, table->CompareRoutine, buffer, node + 1));
            if (result == TABLE_SEARCH_RESULT.TableFoundNode)
                return node;
            node = result == TABLE_SEARCH_RESULT.TableInsertAsRight ? node->RightChild : node->LeftChild;
        }
        return last;
    }

    // The equal element or the one behind it; without an equal one, what would come behind.
    private static RTL_BALANCED_LINKS* FindFrom(RTL_AVL_TABLE* table, void* buffer, bool isNext)
    {
        RTL_BALANCED_LINKS* place = Find(table, buffer, out TABLE_SEARCH_RESULT result);
        return result switch
        {
            TABLE_SEARCH_RESULT.TableEmptyTree => null,
            TABLE_SEARCH_RESULT.TableFoundNode => Step(&table->BalancedRoot, place, isNext),
            _ => Step(&table->BalancedRoot, place, result == TABLE_SEARCH_RESULT.TableInsertAsRight),
        };
    }

    private static RTL_BALANCED_LINKS* Step(RTL_BALANCED_LINKS* header, RTL_BALANCED_LINKS* node, bool isNext) =>
        isNext ? AvlTree.Next(header, node) : node;

    private static bool IsEqual(RTL_AVL_TABLE* table, void* buffer, RTL_BALANCED_LINKS* node) =>
        Compare(table, table->CompareRoutine, buffer, node + 1) == RTL_GENERIC_COMPARE_RESULTS.GenericEqual;

    private static TABLE_SEARCH_RESULT ResultOf(RTL_GENERIC_COMPARE_RESULTS order) => order switch
    {
        RTL_GENERIC_COMPARE_RESULTS.GenericEqual => TABLE_SEARCH_RESULT.TableFoundNode,
        RTL_GENERIC_COMPARE_RESULTS.GenericGreaterThan => TABLE_SEARCH_RESULT.TableInsertAsRight,
        _ => TABLE_SEARCH_RESULT.TableInsertAsLeft,
    };

    private static RTL_GENERIC_COMPARE_RESULTS Compare(void* table, DriverRoutine routine, void* first, void* second) =>
        (RTL_GENERIC_COMPARE_RESULTS)(uint)Processor.Current.Call(routine, table, first, second);
}
