using System.Globalization;

namespace Hil.Loader;

/// <summary>A driver image at its place in the RAM window.</summary>
public sealed class NativeModule : LoadedModule
{
    private readonly Dictionary<string, DriverExport> _exportsByName = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, DriverExport> _exportsByOrdinal = [];

    internal NativeModule(DriverImage image, ulong address)
        : base(image.FileName, address, image.SizeOfImage)
    {
        Image = image;
        foreach (DriverExport export in image.Exports)
        {
            _exportsByOrdinal.TryAdd(export.Ordinal, export);
            if (export.Name != null)
                _exportsByName.TryAdd(export.Name, export);
        }
    }

    public DriverImage Image { get; }

    /// <inheritdoc/>
    public override string? FindSymbol(uint rva) =>
        Image.Symbols.TryFind(rva, out SymbolPlace place) ? place.ToString() : null;

    /// <inheritdoc/>
    public override bool TryFindFunction(uint rva, out RuntimeFunction function) =>
        Image.Functions.TryFind(rva, out function);

    /// <inheritdoc/>
    public override bool TryDecodeUnwind(RuntimeFunction function, out UnwindInfo info) =>
        UnwindDecoder.TryDecode(Image.Functions, function, out info);

    /// <summary>The address of an export; <paramref name="forwarder"/> is set instead if another module's export stands
    /// in for it.</summary>
    /// <param name="name">Its name, or <c>#17</c> for ordinal 17.</param>
    internal bool TryFindExport(string name, out ulong address, out string? forwarder)
    {
        bool found = name.StartsWith('#')
            && uint.TryParse(name.AsSpan(1), CultureInfo.InvariantCulture, out uint ordinal)
            ? _exportsByOrdinal.TryGetValue(ordinal, out DriverExport export)
            : _exportsByName.TryGetValue(name, out export);
        address = found ? Base + export.Rva : 0;
        forwarder = found ? export.Forwarder : null;
        return found;
    }
}
