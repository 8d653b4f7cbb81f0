using System.Collections.Immutable;

namespace Hil.Loader;

/// <summary>One export of an export driver.</summary>
/// <param name="Name">Null if it is exported by ordinal only.</param>
/// <param name="Rva">Its place, or 0 if it is forwarded.</param>
/// <param name="Forwarder"><c>MODULE.Name</c> of the export that stands in for it, or null.</param>
public readonly record struct DriverExport(string? Name, uint Ordinal, uint Rva, string? Forwarder);

/// <summary>Reads the export table.</summary>
internal sealed class ImageExports
{
    private const int ExportsMax = 65_536;
    private const int NameCharsMax = 512;
    private const uint DirectorySize = 40;

    private readonly ImageLayout _layout;
    private readonly DataDirectory _directory;
    private readonly long _offset;
    private readonly uint _ordinalBase;
    private readonly uint[] _functions;
    private readonly string?[] _names;

    private ImageExports(ImageLayout layout, DataDirectory directory)
    {
        _layout = layout;
        _directory = directory;
        layout.At(directory.Rva, DirectorySize, directory.HeaderOffset, "The export table");
        _offset = layout.FileOffset(directory.Rva, directory.HeaderOffset);
        _ordinalBase = Field(16);
        _functions = ReadFunctions();
        _names = new string?[_functions.Length];
        ReadNames();
    }

    public static ImmutableArray<DriverExport> Read(ImageLayout layout)
    {
        DataDirectory directory = layout.Headers[DataDirectoryIndex.Export];
        return directory.IsPresent ? new ImageExports(layout, directory).Exports() : [];
    }

    private uint Field(uint at) => _layout.ReadUInt32(_directory.Rva + at, _directory.HeaderOffset, "The export table");

    private uint[] ReadFunctions()
    {
        uint[] functions = new uint[Count(20, "functions")];
        uint table = Table(28, functions.Length, sizeof(uint));
        for (uint i = 0; i < functions.Length; i++)
        {
            functions[i] = _layout.ReadUInt32(table + i * sizeof(uint), _offset + 28, "The export address table");
            if (functions[i] != 0 && !_layout.TryFindSection(functions[i], out _))
                throw _layout.Wild(functions[i], EntryOffset(table, i * sizeof(uint), 28), "An export");
        }
        return functions;
    }

    private void ReadNames()
    {
        int count = Count(24, "names");
        uint names = Table(32, count, sizeof(uint));
        uint ordinals = Table(36, count, sizeof(ushort));
        for (uint i = 0; i < count; i++)
        {
            long offset = EntryOffset(names, i * sizeof(uint), 32);
            uint name = _layout.ReadUInt32(names + i * sizeof(uint), offset, "The export name table");
            ushort index = _layout.ReadUInt16(ordinals + i * sizeof(ushort), _offset + 36, "The export ordinal table");
            if (index >= _names.Length)
                throw _layout.File.Bad(EntryOffset(ordinals, i * sizeof(ushort), 36),
                    $"An exported name is for function {index} of {_names.Length}");
            _names[index] = _layout.ReadName(name, NameCharsMax, offset, "An export's name");
        }
    }

    private ImmutableArray<DriverExport> Exports()
    {
        var exports = ImmutableArray.CreateBuilder<DriverExport>();
        for (uint i = 0; i < _functions.Length; i++)
        {
            uint rva = _functions[i];
            if (rva == 0)
                continue;
            bool isForwarder = rva >= _directory.Rva && rva - _directory.Rva < _directory.Size;
            string? forwarder = isForwarder ? _layout.ReadName(rva, NameCharsMax, _offset, "A forwarder") : null;
            exports.Add(new DriverExport(_names[i], unchecked(_ordinalBase + i), isForwarder ? 0 : rva, forwarder));
        }
        return exports.ToImmutable();
    }

    private int Count(uint field, string what)
    {
        uint count = Field(field);
        if (count > ExportsMax)
            throw _layout.File.Bad(_offset + field,
                $"The export table claims {count} {what}, at most {ExportsMax} are possible");
        return (int)count;
    }

    private uint Table(uint field, int count, uint entrySize)
    {
        uint rva = Field(field);
        if (count != 0 && !_layout.Contains(rva, (uint)count * entrySize))
            throw _layout.Wild(rva, _offset + field, "A table of the export directory");
        return rva;
    }

    private long EntryOffset(uint table, uint at, uint field) => _layout.FileOffset(table + at, _offset + field);
}
