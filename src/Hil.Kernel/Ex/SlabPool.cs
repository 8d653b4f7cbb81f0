using System.Runtime.CompilerServices;

namespace Hil.Kernel;

// Small allocations without pages of their own: slabs of equal slots per size class, free slots in first-in first-out
// order so that a freed one is not given out again at once. Allocating and freeing touch arrays that exist already.

/// <summary>Pool allocations of a few bytes to half a page, by size class.</summary>
internal sealed class SlabPool
{
    /// <summary>Larger allocations take pages.</summary>
    public const int BytesMax = 2048;

    private const int SlabBytes = 4 * (int)PAGE_SIZE;
    private const int Granule = 16;

    private static readonly int[] s_slotBytes =
        [16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 1024, 1344, 2048];

    private static readonly byte[] s_classOfGranules = ClassOfGranules();

    private readonly PageAllocator _pages;
    private readonly ulong _base;
    private readonly bool _isFilled;
    private readonly Slab?[] _slabOfPage;
    private readonly Slab?[] _current = new Slab?[s_slotBytes.Length];
    private readonly List<Slab>[] _slabs = new List<Slab>[s_slotBytes.Length];

    /// <param name="isFilled">Fill freed slots and check the fill before they are given out again.</param>
    public SlabPool(PageAllocator pages, ulong baseAddress, bool isFilled)
    {
        _pages = pages;
        _base = baseAddress;
        _isFilled = isFilled;
        _slabOfPage = new Slab?[pages.TotalPages];
        for (int i = 0; i < _slabs.Length; i++)
            _slabs[i] = [];
    }

    /// <summary>Finds the block that contains an address, freed ones included; a null reference if none does.</summary>
    public ref PoolBlock Find(ulong address)
    {
        ulong page = (address - _base) / PAGE_SIZE;
        Slab? slab = page < (ulong)_slabOfPage.Length ? _slabOfPage[page] : null;
        if (slab == null)
            return ref Unsafe.NullRef<PoolBlock>();
        int slot = (int)(address - slab.Address) / slab.SlotBytes;
        return ref slot < slab.Blocks.Length ? ref slab.Blocks[slot] : ref Unsafe.NullRef<PoolBlock>();
    }

    /// <summary>Allocates up to <see cref="BytesMax"/> bytes, 16-byte aligned; 0 when there are no pages.</summary>
    /// <param name="damage">Address of a byte that was written after the slot had been freed, or 0.</param>
    public ulong Allocate(nuint bytes, uint tag, bool isPaged, ulong caller, out ulong damage)
    {
        damage = 0;
        int sizeClass = s_classOfGranules[(bytes + Granule - 1) / Granule];
        Slab? slab = _current[sizeClass];
        if (slab == null || slab.FreeCount == 0)
        {
            slab = FindSlab(sizeClass);
            if (slab == null)
                return 0;
        }
        ref PoolBlock block = ref slab.Take();
        if (_isFilled && block.State == PoolBlockState.Freed)
            damage = PoolFill.FindDamage(block.Address, (ulong)slab.SlotBytes, PoolFill.Freed);
        (block.Bytes, block.Caller, block.Tag) = (bytes, caller, tag);
        (block.State, block.IsPaged) = (PoolBlockState.Live, isPaged);
        return block.Address;
    }

    /// <summary>Frees a live block.</summary>
    public void Free(ref PoolBlock block)
    {
        Slab slab = _slabOfPage[(block.Address - _base) / PAGE_SIZE]!;
        if (_isFilled)
            PoolFill.Fill(block.Address, (ulong)slab.SlotBytes, PoolFill.Freed);
        block.State = PoolBlockState.Freed;
        slab.Return((int)(block.Address - slab.Address) / slab.SlotBytes);
    }

    public void CollectLive(List<PoolBlock> blocks)
    {
        foreach (List<Slab> slabs in _slabs)
        {
            foreach (Slab slab in slabs)
                blocks.AddRange(slab.Blocks.Where(block => block.State == PoolBlockState.Live));
        }
    }

    private Slab? FindSlab(int sizeClass)
    {
        foreach (Slab slab in _slabs[sizeClass])
        {
            if (slab.FreeCount > 0)
                return _current[sizeClass] = slab;
        }
        ulong address = _pages.Allocate(SlabBytes, PageAccess.ReadWrite);
        if (address == 0)
            return null;
        var created = new Slab(address, s_slotBytes[sizeClass]);
        _slabOfPage.AsSpan((int)((address - _base) / PAGE_SIZE), SlabBytes / (int)PAGE_SIZE).Fill(created);
        _slabs[sizeClass].Add(created);
        return _current[sizeClass] = created;
    }

    private static byte[] ClassOfGranules()
    {
        byte[] classes = new byte[BytesMax / Granule + 1];
        byte sizeClass = 0;
        for (int granules = 0; granules < classes.Length; granules++)
        {
            if (granules * Granule > s_slotBytes[sizeClass])
                sizeClass++;
            classes[granules] = sizeClass;
        }
        return classes;
    }

    private sealed class Slab
    {
        private readonly short[] _free;
        private int _head;

        public Slab(ulong address, int slotBytes)
        {
            Address = address;
            SlotBytes = slotBytes;
            Blocks = new PoolBlock[SlabBytes / slotBytes];
            _free = new short[Blocks.Length];
            for (int slot = 0; slot < Blocks.Length; slot++)
            {
                Blocks[slot].Address = address + (ulong)(slot * slotBytes);
                _free[slot] = (short)slot;
            }
            FreeCount = Blocks.Length;
        }

        public ulong Address { get; }

        public int SlotBytes { get; }

        public PoolBlock[] Blocks { get; }

        public int FreeCount { get; private set; }

        public ref PoolBlock Take()
        {
            short slot = _free[_head];
            _head = _head + 1 == _free.Length ? 0 : _head + 1;
            FreeCount--;
            return ref Blocks[slot];
        }

        public void Return(int slot)
        {
            int tail = _head + FreeCount;
            _free[tail >= _free.Length ? tail - _free.Length : tail] = (short)slot;
            FreeCount++;
        }
    }
}
