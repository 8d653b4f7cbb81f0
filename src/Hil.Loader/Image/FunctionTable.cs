using System.Buffers.Binary;

namespace Hil.Loader;

// The exception directory (.pdata): one RUNTIME_FUNCTION for each non-leaf function, ascending, each naming the
// UNWIND_INFO that says how its prologue moved the stack. The table is read from the file and not from memory the
// driver can write.

/// <summary>The functions of an image, by address.</summary>
public sealed class FunctionTable
{
    private const int EntrySize = 12;

    private readonly ImageLayout _layout;
    private readonly RuntimeFunction[] _functions;

    private FunctionTable(ImageLayout layout, RuntimeFunction[] functions)
    {
        _layout = layout;
        _functions = functions;
    }

    public int Count => _functions.Length;

    public ReadOnlySpan<RuntimeFunction> Functions => _functions;

    internal ImageLayout Layout => _layout;

    /// <summary>The function that holds an RVA; false in a leaf function and outside code.</summary>
    public bool TryFind(uint rva, out RuntimeFunction function)
    {
        int low = 0;
        int high = _functions.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            function = _functions[middle];
            if (rva >= function.BeginRva && rva < function.EndRva)
                return true;
            if (rva < function.BeginRva)
                high = middle - 1;
            else
                low = middle + 1;
        }
        function = default;
        return false;
    }

    internal static FunctionTable Read(ImageLayout layout)
    {
        DataDirectory directory = layout.Headers[DataDirectoryIndex.Exception];
        if (!directory.IsPresent)
            return new FunctionTable(layout, []);
        if (!layout.Contains(directory.Rva, directory.Size))
            throw layout.Wild(directory.Rva, directory.HeaderOffset, "The exception table");

        var functions = new List<RuntimeFunction>();
        for (uint at = 0; directory.Size - at >= EntrySize; at += EntrySize)
        {
            long offset = layout.FileOffset(directory.Rva + at, directory.HeaderOffset);
            RuntimeFunction function = ReadEntry(layout, directory.Rva + at);
            if (function is { BeginRva: 0, EndRva: 0, UnwindRva: 0 })
                break; // Alignment padding, rounded into the directory's size.
            RequireSound(layout, function, functions.Count == 0 ? 0 : functions[^1].EndRva, offset);
            functions.Add(function);
        }
        return new FunctionTable(layout, [.. functions]);
    }

    /// <summary>Reads an entry that is known to lie in the image.</summary>
    internal static RuntimeFunction ReadEntry(ImageLayout layout, uint rva)
    {
        ReadOnlySpan<byte> bytes = layout.At(rva, EntrySize, 0, "a function's entry");
        return new RuntimeFunction(BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
            rva);
    }

    // Bit 0 of the unwind RVA says that it names another RUNTIME_FUNCTION, whose unwind information is shared.
    private static void RequireSound(ImageLayout layout, RuntimeFunction function, uint previousEnd, long offset)
    {
        string range = $"0x{function.BeginRva:X} to 0x{function.EndRva:X}";
        if (function.BeginRva >= function.EndRva)
            throw layout.File.Bad(offset, $"The exception table has a function from RVA {range}, which is no range");
        if (function.BeginRva < previousEnd)
            throw layout.File.Bad(offset,
                $"The exception table has a function from RVA {range} out of ascending order");
        if (!layout.Contains(function.BeginRva, function.EndRva - function.BeginRva))
            throw layout.File.Bad(offset,
                $"The exception table has a function from RVA {range}, outside the image's sections");
        if (!layout.Contains(function.UnwindRva & ~3u, sizeof(uint)))
            throw layout.Wild(function.UnwindRva, offset + 8, "Unwind information");
    }
}
