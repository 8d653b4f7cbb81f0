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
