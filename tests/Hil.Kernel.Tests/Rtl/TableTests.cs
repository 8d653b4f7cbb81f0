namespace Hil.Kernel.Tests.Rtl;

public sealed unsafe class TableTests : IDisposable
{
    private const uint Tag = 0x62617454;

    private readonly TestMachine _machine = new();
    private readonly DriverRoutine _compare;
    private readonly DriverRoutine _allocate;
    private readonly DriverRoutine _free;

    public TableTests()
    {
        _compare = _machine.Routine((_, first, second, _) => (ulong)(
            *(int*)first < *(int*)second ? RTL_GENERIC_COMPARE_RESULTS.GenericLessThan
            : *(int*)first > *(int*)second ? RTL_GENERIC_COMPARE_RESULTS.GenericGreaterThan
            : RTL_GENERIC_COMPARE_RESULTS.GenericEqual));
        _allocate = _machine.Routine((_, bytes, _, _) =>
            (ulong)ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, (nuint)bytes, Tag));
        _free = _machine.Routine((_, node, _, _) =>
        {
            ExFreePoolWithTag((void*)node, Tag);
            return 0;
        });
    }

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TableHoldsWhatASortedSetHolds(bool avl)
    {
        _machine.Run(() =>
        {
            var model = new SortedSet<int>();
            void* table = NewTable(avl);
            int* key = _machine.New<int>();
            uint random = 1;
            for (int step = 0; step < 3000; step++)
            {
                random = random * 1664525 + 1013904223;
                *key = (int)(random >> 16) % 200;
                if ((random & 0x100) != 0)
                    Assert.Equal(model.Add(*key), Insert(table, key, avl));
                else
                    Assert.Equal(model.Remove(*key), Delete(table, key, avl));
                if (avl)
                    Height(((RTL_AVL_TABLE*)table)->BalancedRoot.RightChild);
            }
            Assert.Equal(model, Elements(table, avl));
            foreach (int left in model)
            {
                *key = left;
                Assert.True(Delete(table, key, avl));
            }
        });

        Assert.Empty(_machine.Kernel.Pool.Outstanding());
    }

    [Fact]
    public void GenericTableCountsInTheOrderOfInsertion() => _machine.Run(() =>
    {
        var table = (RTL_GENERIC_TABLE*)NewTable(avl: false);
        int* key = _machine.New<int>();
        foreach (int value in (int[])[30, 10, 20])
        {
            *key = value;
            Insert(table, key, avl: false);
        }

        Assert.Equal(30, *(int*)RtlGetElementGenericTable(table, 0));
        Assert.Equal(20, *(int*)RtlGetElementGenericTable(table, 2));
        Assert.True(RtlGetElementGenericTable(table, 3) == null);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LookupTellsThePlaceThatAnInsertionTakes(bool avl) => _machine.Run(() =>
    {
        void* table = NewTable(avl);
        int* key = _machine.New<int>();
        void** place = (void**)_machine.New<nint>();
        TABLE_SEARCH_RESULT* result = _machine.New<TABLE_SEARCH_RESULT>();
        TABLE_SEARCH_RESULT[] results = [.. ((int[])[20, 10, 30, 20]).Select(value =>
        {
            *key = value;
            Assert.Equal(value == 20 && *place != null, LookupFull(table, key, place, result, avl));
            InsertFull(table, key, *place, *result, avl);
            return *result;
        })];

        Assert.Equal([10, 20, 30], Elements(table, avl));
        Assert.Equal(TABLE_SEARCH_RESULT.TableEmptyTree, results[0]);
        Assert.Equal(TABLE_SEARCH_RESULT.TableInsertAsLeft, results[1]);
        Assert.Equal(TABLE_SEARCH_RESULT.TableInsertAsRight, results[2]);
        Assert.Equal(TABLE_SEARCH_RESULT.TableFoundNode, results[3]);
    });

    [Fact]
    public void FirstOfTheMatchingElementsIsFound() => _machine.Run(() =>
    {
        var table = (RTL_AVL_TABLE*)NewTable(avl: true);
        int* key = _machine.New<int>();
        void** place = (void**)_machine.New<nint>();
        foreach (int value in (int[])[11, 25, 21, 23, 31, 12])
        {
            *key = value;
            Insert(table, key, avl: true);
        }
        table->CompareRoutine = _machine.Routine((_, first, second, _) => (ulong)(
            *(int*)first / 10 < *(int*)second / 10 ? RTL_GENERIC_COMPARE_RESULTS.GenericLessThan
            : *(int*)first / 10 > *(int*)second / 10 ? RTL_GENERIC_COMPARE_RESULTS.GenericGreaterThan
            : RTL_GENERIC_COMPARE_RESULTS.GenericEqual));

        *key = 29;
        Assert.Equal(21, *(int*)RtlLookupFirstMatchingElementGenericTableAvl(table, key, place));
        Assert.Equal(23, *(int*)RtlEnumerateGenericTableWithoutSplayingAvl(table, place));
        *key = 49;
        Assert.True(RtlLookupFirstMatchingElementGenericTableAvl(table, key, place) == null);
    });

    [Fact]
    public void EnumerationLikeADirectorySurvivesDeletions() => _machine.Run(() =>
    {
        var table = (RTL_AVL_TABLE*)NewTable(avl: true);
        int* key = _machine.New<int>();
        int* last = _machine.New<int>();
        void** place = (void**)_machine.New<nint>();
        uint* deletions = _machine.New<uint>();
        for (*key = 0; *key < 20; ++*key)
            Insert(table, key, avl: true);
        DriverRoutine match = _machine.Routine((_, element, limit, _) => (uint)(
            *(int*)element >= (int)limit ? STATUS_NO_MORE_MATCHES
            : *(int*)element % 2 == 0 ? STATUS_SUCCESS : STATUS_NO_MATCH).Value);

        var found = new List<int>();
        int* element = (int*)RtlEnumerateGenericTableLikeADirectory(
            table, match, (void*)12, 0, place, deletions, last);
        while (element != null)
        {
            found.Add(*last = *element);
            if (*element == 4)
                Assert.True(Delete(table, element, avl: true));
            element = (int*)RtlEnumerateGenericTableLikeADirectory(
                table, match, (void*)12, 1, place, deletions, last);
        }

        Assert.Equal([0, 2, 4, 6, 8, 10], found);
    });

    [Fact]
    public void SplayLinksKeepTheirOrder() => _machine.Run(() =>
    {
        RTL_SPLAY_LINKS* nodes = (RTL_SPLAY_LINKS*)_machine.Kernel.Pool.Allocate(7 * (nuint)sizeof(RTL_SPLAY_LINKS), 0);
        RTL_SPLAY_LINKS** root = (RTL_SPLAY_LINKS**)_machine.New<nint>();
        for (int i = 0; i < 7; i++) // Each is the last in order, below the one before.
        {
            nodes[i] = new RTL_SPLAY_LINKS { Parent = i == 0 ? nodes : nodes + i - 1 };
            if (i > 0)
                nodes[i - 1].RightChild = nodes + i;
        }
        *root = RtlSplay(nodes + 6);
        Assert.True(*root == nodes + 6 && RtlRealSuccessor(nodes + 6) == null);
        *root = RtlSplay(nodes + 3);
        Assert.True(RtlSubtreePredecessor(nodes + 3) == nodes + 2 && RtlSubtreeSuccessor(nodes + 3) == nodes + 4);
        RtlDeleteNoSplay(nodes + 3, root);
        Assert.True(RtlRealSuccessor(nodes + 2) == nodes + 4 && RtlRealPredecessor(nodes + 4) == nodes + 2);
        RtlDeleteNoSplay(nodes + 0, root);
        *root = RtlDelete(nodes + 5);
        Assert.Equal([1, 2, 4, 6], Order(*root, nodes));
        foreach (int node in (int[])[4, 1, 6, 2])
            RtlDeleteNoSplay(nodes + node, root);
        Assert.True(*root == null);
    });

    private static List<int> Order(RTL_SPLAY_LINKS* node, RTL_SPLAY_LINKS* first)
    {
        while (node->LeftChild != null)
            node = node->LeftChild;
        var order = new List<int>();
        for (; node != null; node = RtlRealSuccessor(node))
            order.Add((int)(node - first));
        return order;
    }

    private static bool LookupFull(void* table, int* key, void** place, TABLE_SEARCH_RESULT* result, bool avl) => (avl
        ? RtlLookupElementGenericTableFullAvl((RTL_AVL_TABLE*)table, key, (RTL_BALANCED_LINKS**)place, result)
        : RtlLookupElementGenericTableFull((RTL_GENERIC_TABLE*)table, key, (RTL_SPLAY_LINKS**)place, result)) != null;

    private static void InsertFull(void* table, int* key, void* place, TABLE_SEARCH_RESULT result, bool avl)
    {
        BOOLEAN isNew;
        void* element = avl
            ? RtlInsertElementGenericTableFullAvl(
                (RTL_AVL_TABLE*)table, key, sizeof(int), &isNew, (RTL_BALANCED_LINKS*)place, result)
            : RtlInsertElementGenericTableFull(
                (RTL_GENERIC_TABLE*)table, key, sizeof(int), &isNew, (RTL_SPLAY_LINKS*)place, result);
        Assert.Equal(*key, *(int*)element);
        Assert.Equal<bool>(result != TABLE_SEARCH_RESULT.TableFoundNode, isNew);
    }

    // Checks the balance of every node on the way.
    private static int Height(RTL_BALANCED_LINKS* node)
    {
        if (node == null)
            return 0;
        int left = Height(node->LeftChild);
        int right = Height(node->RightChild);
        Assert.Equal(right - left, node->Balance);
        Assert.InRange(node->Balance, -1, 1);
        return Math.Max(left, right) + 1;
    }

    private void* NewTable(bool avl)
    {
        if (avl)
        {
            RTL_AVL_TABLE* balanced = _machine.New<RTL_AVL_TABLE>();
            RtlInitializeGenericTableAvl(balanced, _compare, _allocate, _free, null);
            return balanced;
        }
        RTL_GENERIC_TABLE* table = _machine.New<RTL_GENERIC_TABLE>();
        RtlInitializeGenericTable(table, _compare, _allocate, _free, null);
        return table;
    }

    private static bool Insert(void* table, int* key, bool avl)
    {
        BOOLEAN isNew = false;
        void* element = avl
            ? RtlInsertElementGenericTableAvl((RTL_AVL_TABLE*)table, key, sizeof(int), &isNew)
            : RtlInsertElementGenericTable((RTL_GENERIC_TABLE*)table, key, sizeof(int), &isNew);
        Assert.Equal(*key, *(int*)element);
        return isNew;
    }

    private static bool Delete(void* table, int* key, bool avl) => avl
        ? RtlDeleteElementGenericTableAvl((RTL_AVL_TABLE*)table, key)
        : RtlDeleteElementGenericTable((RTL_GENERIC_TABLE*)table, key);

    private static List<int> Elements(void* table, bool avl)
    {
        var elements = new List<int>();
        void* element = Next(true);
        for (; element != null; element = Next(false))
            elements.Add(*(int*)element);
        return elements;

        void* Next(bool restart) => avl
            ? RtlEnumerateGenericTableAvl((RTL_AVL_TABLE*)table, restart)
            : RtlEnumerateGenericTable((RTL_GENERIC_TABLE*)table, restart);
    }
}
