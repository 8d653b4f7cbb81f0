using System.Collections.Immutable;

namespace Hil.Loader;

/// <summary>One function or variable that an image wants from another module.</summary>
/// <param name="Name">Null if it is asked for by ordinal.</param>
/// <param name="SlotRva">Where in the image its address goes (the import address table's entry).</param>
public readonly record struct DriverImport(string? Name, ushort Ordinal, uint SlotRva)
{
    /// <summary>The name, or the ordinal as <c>#17</c>.</summary>
    public override string ToString() => Name ?? $"#{Ordinal}";
}

/// <summary>What an image wants from one module.</summary>
/// <param name="Module">File name as spelled in the image; compare it without regard to case.</param>
/// <param name="IsDelayed">From the delay-import table: Windows would bind it at the first call.</param>
public sealed record ImportedModule(string Module, bool IsDelayed, ImmutableArray<DriverImport> Imports);

/// <summary>Reads the import and delay-import tables.</summary>
internal sealed class ImageImports
{
    /// <summary>A driver imports a few hundred names from a handful of modules; the rest is damage.</summary>
    private const int ModulesMax = 256;
    private const int ImportsMax = 16_384;
    private const int NameCharsMax = 512;

    private const uint DescriptorSize = 20;
    private const uint DelayDescriptorSize = 32;
    private const ulong OrdinalFlag = 1ul << 63;

    private readonly ImageLayout _layout;
    private readonly ImmutableArray<ImportedModule>.Builder _modules = ImmutableArray.CreateBuilder<ImportedModule>();
    private int _count;

    private ImageImports(ImageLayout layout)
    {
        _layout = layout;
        ReadModules(DataDirectoryIndex.Import, DescriptorSize, ReadDescriptor);
        ReadModules(DataDirectoryIndex.DelayImport, DelayDescriptorSize, ReadDelayDescriptor);
    }

    private delegate ImportedModule? ReadOne(uint rva, long offset);

    public static ImmutableArray<ImportedModule> Read(ImageLayout layout) =>
        new ImageImports(layout)._modules.ToImmutable();

    // The table ends with an empty descriptor; the directory's size is not to be relied on (linkers disagree about it).
    private void ReadModules(DataDirectoryIndex index, uint size, ReadOne readOne)
    {
        DataDirectory directory = _layout.Headers[index];
        if (!directory.IsPresent)
            return;
        for (uint rva = directory.Rva; ; rva += size)
        {
            if (!_layout.Contains(rva, size))
                throw _layout.Wild(rva, directory.HeaderOffset, "An import descriptor");
            if (readOne(rva, _layout.FileOffset(rva, directory.HeaderOffset)) is not { } module)
                return;
            if (_modules.Count == ModulesMax)
                throw _layout.File.Bad(directory.HeaderOffset,
                    $"The image imports from more than {ModulesMax} modules");
            _modules.Add(module);
        }
    }

    private ImportedModule? ReadDescriptor(uint rva, long offset)
    {
        const string What = "an import descriptor";
        uint names = _layout.ReadUInt32(rva, offset, What);
        uint timeStamp = _layout.ReadUInt32(rva + 4, offset, What);
        uint module = _layout.ReadUInt32(rva + 12, offset, What);
        uint slots = _layout.ReadUInt32(rva + 16, offset, What);
        if (module == 0 || slots == 0)
            return null;
        if (names == 0 && timeStamp != 0)
            throw _layout.File.Bad(offset,
                "Imports are bound to addresses of one Windows build and their names are gone",
                "Link the driver without binding it");
        string name = _layout.ReadName(module, NameCharsMax, offset + 12, "An imported module's name");
        return new ImportedModule(name, IsDelayed: false, ReadImports(names == 0 ? slots : names, slots, offset));
    }

    private ImportedModule? ReadDelayDescriptor(uint rva, long offset)
    {
        const string What = "a delay-import descriptor";
        uint attributes = _layout.ReadUInt32(rva, offset, What);
        uint module = _layout.ReadUInt32(rva + 4, offset, What);
        uint slots = _layout.ReadUInt32(rva + 12, offset, What);
        uint names = _layout.ReadUInt32(rva + 16, offset, What);
        if (module == 0)
            return null;
        if ((attributes & 1) == 0)
            throw _layout.File.Bad(offset, "A delay-import descriptor holds addresses where x64 images have RVAs");
        string name = _layout.ReadName(module, NameCharsMax, offset + 4, "An imported module's name");
        return new ImportedModule(name, IsDelayed: true, ReadImports(names, slots, offset));
    }

    private ImmutableArray<DriverImport> ReadImports(uint names, uint slots, long offset)
    {
        if (slots % sizeof(ulong) != 0)
            throw _layout.File.Bad(offset, $"An import address table at RVA 0x{slots:X} is not aligned to eight bytes");
        var imports = ImmutableArray.CreateBuilder<DriverImport>();
        for (uint at = 0; ; at += sizeof(ulong))
        {
            uint nameAt = Advance(names, at, offset, "An import name table");
            ulong thunk = _layout.ReadUInt64(nameAt, offset, "An import name table");
            if (thunk == 0)
                return imports.ToImmutable();
            if (++_count > ImportsMax)
                throw _layout.File.Bad(offset, $"The image has more than {ImportsMax} imports");
            imports.Add(ReadImport(thunk, Advance(slots, at, offset, "An import address table"),
                _layout.FileOffset(nameAt, offset)));
        }
    }

    private DriverImport ReadImport(ulong thunk, uint slot, long offset)
    {
        if (!_layout.TryFindSection(slot, out _) || !_layout.Contains(slot, sizeof(ulong)))
            throw _layout.Wild(slot, offset, "An import's slot");
        if ((thunk & OrdinalFlag) != 0)
            return new DriverImport(null, (ushort)thunk, slot);
        if (thunk > int.MaxValue)
            throw _layout.File.Bad(offset, $"An import's name is said to be at RVA 0x{thunk:X}, which no image has");
        string name = _layout.ReadName((uint)thunk + sizeof(ushort), NameCharsMax, offset, "An import's name");
        if (name.Length == 0)
            throw _layout.File.Bad(offset, "An import has an empty name");
        return new DriverImport(name, 0, slot);
    }

    private uint Advance(uint rva, uint by, long offset, string what) =>
        rva <= uint.MaxValue - by ? rva + by : throw _layout.Wild(rva, offset, what);
}
