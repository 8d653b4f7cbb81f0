using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Hil.Loader;

// Names for addresses in reports, from what the image itself carries: the COFF symbol table that mingw leaves in
// (functions and variables, also static ones) and the export table. The table is judged when the image is read, put
// together when something is looked up, and a name is decoded when it is asked for: a large driver has tens of
// thousands, a report prints a dozen, and most runs print none.

/// <summary>A symbol and how far into it an address lies.</summary>
public readonly record struct SymbolPlace(string Name, uint Offset)
{
    /// <summary><c>name</c> or <c>name+0x1c</c>.</summary>
    public override string ToString() => Offset == 0 ? Name : $"{Name}+0x{Offset:x}";
}

/// <summary>The symbols of an image, by address.</summary>
public sealed class SymbolTable
{
    private const int EntrySize = 18;
    private const int NameCharsMax = 256;
    private const byte ClassExternal = 2;
    private const byte ClassStatic = 3;

    private readonly ImageLayout _layout;
    private readonly FunctionTable _functions;
    private readonly ImmutableArray<DriverExport> _exports;
    private readonly Lazy<List<Entry>> _entries;

    private SymbolTable(ImageLayout layout, FunctionTable functions, ImmutableArray<DriverExport> exports)
    {
        _layout = layout;
        _functions = functions;
        _exports = exports;
        _entries = new Lazy<List<Entry>>(Collect);
    }

    public int Count => _entries.Value.Count;

    private bool HasCoff => _layout.Headers is { SymbolTableOffset: not 0, SymbolCount: not 0 };

    private long CoffBytes => (long)_layout.Headers.SymbolCount * EntrySize;

    /// <summary>The symbol at or before an RVA, in the same section and not before the start of the function it is
    /// in.</summary>
    public bool TryFind(uint rva, out SymbolPlace place)
    {
        place = default;
        List<Entry> entries = _entries.Value;
        int index = LastAtOrBefore(entries, rva);
        if (index < 0 || !_layout.TryFindSection(rva, out ImageSection section))
            return false;
        uint start = entries[index].Rva;
        if (start < section.Rva || (_functions.TryFind(rva, out RuntimeFunction function) && start < function.BeginRva))
            return false;
        place = new SymbolPlace(NameOf(entries[index]), rva - start);
        return true;
    }

    /// <summary>The RVA of a symbol; slow, for tests and tools.</summary>
    public bool TryFind(string name, out uint rva)
    {
        foreach (Entry entry in _entries.Value)
        {
            if (NameOf(entry) != name)
                continue;
            rva = entry.Rva;
            return true;
        }
        rva = 0;
        return false;
    }

    internal static SymbolTable Read(ImageLayout layout, FunctionTable functions, ImmutableArray<DriverExport> exports)
    {
        var table = new SymbolTable(layout, functions, exports);
        table.RequireCoff();
        return table;
    }

    private List<Entry> Collect()
    {
        List<Entry> entries = [];
        AddCoff(entries);
        foreach (DriverExport export in _exports)
        {
            if (export is { Name: { } name, Rva: not 0 })
                entries.Add(new Entry(export.Rva, IsFunction: true, 0, name));
        }
        // Where several names share an address, a function's name wins over a label's, then the image's own order
        // decides.
        entries.Sort();
        return entries;
    }

    private static int LastAtOrBefore(List<Entry> entries, uint rva)
    {
        int low = 0;
        int high = entries.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (entries[middle].Rva <= rva)
                low = middle + 1;
            else
                high = middle;
        }
        return low - 1;
    }

    private void RequireCoff()
    {
        if (!HasCoff)
            return;
        RequireRoom(CoffBytes + sizeof(uint), "symbol table");
        // Names longer than eight characters follow the symbols, after a word with their total size, itself included.
        long names = _layout.Headers.SymbolTableOffset + CoffBytes;
        RequireRoom(CoffBytes + _layout.File.ReadUInt32(names, "the symbol names"), "symbol names");
    }

    private void AddCoff(List<Entry> entries)
    {
        if (!HasCoff)
            return;
        long start = _layout.Headers.SymbolTableOffset;
        ReadOnlySpan<byte> table = _layout.File.Slice(start, CoffBytes, "the symbol table");
        for (long at = 0; at < CoffBytes; at += EntrySize)
        {
            ReadOnlySpan<byte> symbol = table.Slice((int)at, EntrySize);
            AddCoff(entries, symbol, start + at);
            at += symbol[17] * (long)EntrySize; // Auxiliary entries.
        }
    }

    private void RequireRoom(long size, string what)
    {
        ImageHeaders headers = _layout.Headers;
        if (headers.SymbolTableOffset + size > _layout.File.Length)
            throw _layout.File.Bad(headers.FileHeaderOffset + 8,
                $"The file ends before the end of the {what}: {size} bytes at " +
                $"0x{headers.SymbolTableOffset:X} are wanted, the file has {_layout.File.Length}");
    }

    private void AddCoff(List<Entry> entries, ReadOnlySpan<byte> symbol, long offset)
    {
        uint value = BinaryPrimitives.ReadUInt32LittleEndian(symbol[8..]);
        short number = BinaryPrimitives.ReadInt16LittleEndian(symbol[12..]);
        bool isFunction = symbol[14] == 0x20;
        if (symbol[16] is not (ClassExternal or ClassStatic) || number < 1 || number > _layout.Sections.Length)
            return;
        ImageSection section = _layout.Sections[number - 1];
        if (value >= section.VirtualSize || IsSectionName(symbol))
            return;
        entries.Add(new Entry(section.Rva + value, isFunction, offset, null));
    }

    // Static symbols named for the section, with an auxiliary entry, mark where each object file's part begins.
    private static bool IsSectionName(ReadOnlySpan<byte> symbol) =>
        symbol[16] == ClassStatic && symbol[14] == 0 && symbol[17] != 0;

    private string NameOf(Entry entry)
    {
        if (entry.Name != null)
            return entry.Name;
        ReadOnlySpan<byte> symbol = _layout.File.Slice(entry.NameOffset, EntrySize, "a symbol");
        if (BinaryPrimitives.ReadUInt32LittleEndian(symbol) != 0)
            return _layout.File.ReadTextUpTo(entry.NameOffset, 8);
        long strings = _layout.Headers.SymbolTableOffset + CoffBytes;
        return _layout.File.ReadTextUpTo(strings + BinaryPrimitives.ReadUInt32LittleEndian(symbol[4..]), NameCharsMax);
    }

    private readonly record struct Entry(uint Rva, bool IsFunction, long NameOffset, string? Name) : IComparable<Entry>
    {
        // The lookup takes the last of equals, so functions sort after labels.
        public int CompareTo(Entry other)
        {
            int byPlace = Rva.CompareTo(other.Rva);
            if (byPlace != 0)
                return byPlace;
            int byKind = IsFunction.CompareTo(other.IsFunction);
            return byKind != 0 ? byKind : other.NameOffset.CompareTo(NameOffset);
        }
    }
}
