using System.Numerics;

namespace Hil.Kernel;

// The print routines with a buffer size end what they write with a zero, always.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Formats into a buffer of a size in characters; returns the length.</summary>
    /// <returns>-1 for null pointers, and with an empty buffer when it is too small.</returns>
    /// <remarks>C runtime: sprintf_s.</remarks>
    [Export]
    public static int sprintf_s(
        [UncheckedPointer] byte* buffer, nuint size, [UncheckedPointer] byte* format, VarArgs arguments) =>
        vsprintf_s(buffer, size, format, arguments.Slots);

    /// <inheritdoc cref="sprintf_s"/>
    [Export]
    public static int vsprintf_s(
        [UncheckedPointer] byte* buffer, nuint size, [UncheckedPointer] byte* format,
        [UncheckedPointer] ulong* arguments)
    {
        if (buffer == null || size == 0 || format == null)
            return -1;
        string text = PrintFormat.Narrow(format, arguments, out _);
        return CrtText<byte>.TryStore(buffer, size, text, nameof(vsprintf_s)) ? text.Length : -1;
    }

    /// <inheritdoc cref="sprintf_s"/>
    /// <remarks>C runtime: swprintf_s.</remarks>
    [Export]
    public static int swprintf_s(
        [UncheckedPointer] char* buffer, nuint size, [UncheckedPointer] char* format, VarArgs arguments) =>
        vswprintf_s(buffer, size, format, arguments.Slots);

    /// <inheritdoc cref="sprintf_s"/>
    [Export]
    public static int vswprintf_s(
        [UncheckedPointer] char* buffer, nuint size, [UncheckedPointer] char* format,
        [UncheckedPointer] ulong* arguments)
    {
        if (buffer == null || size == 0 || format == null)
            return -1;
        string text = PrintFormat.Wide(format, arguments);
        return CrtText<char>.TryStore(buffer, size, text, nameof(vswprintf_s)) ? text.Length : -1;
    }

    /// <summary>As sprintf_s, of at most a number of characters. Where the text is longer than that, or with _TRUNCATE
    /// than the buffer, as much as fits and -1.</summary>
    /// <remarks>C runtime: _snprintf_s.</remarks>
    [Export]
    public static int _snprintf_s(
        [UncheckedPointer] byte* buffer, nuint size, nuint count, [UncheckedPointer] byte* format, VarArgs arguments) =>
        _vsnprintf_s(buffer, size, count, format, arguments.Slots);

    /// <inheritdoc cref="_snprintf_s"/>
    [Export]
    public static int _vsnprintf_s(
        [UncheckedPointer] byte* buffer, nuint size, nuint count, [UncheckedPointer] byte* format,
        [UncheckedPointer] ulong* arguments)
    {
        if (buffer == null || size == 0 || format == null)
            return buffer == null && size == 0 && count == 0 ? 0 : -1;
        return StoreCounted(buffer, size, count, PrintFormat.Narrow(format, arguments, out _), nameof(_vsnprintf_s));
    }

    /// <inheritdoc cref="_snprintf_s"/>
    /// <remarks>C runtime: _snwprintf_s.</remarks>
    [Export]
    public static int _snwprintf_s(
        [UncheckedPointer] char* buffer, nuint size, nuint count, [UncheckedPointer] char* format, VarArgs arguments) =>
        _vsnwprintf_s(buffer, size, count, format, arguments.Slots);

    /// <inheritdoc cref="_snprintf_s"/>
    [Export]
    public static int _vsnwprintf_s(
        [UncheckedPointer] char* buffer, nuint size, nuint count, [UncheckedPointer] char* format,
        [UncheckedPointer] ulong* arguments)
    {
        if (buffer == null || size == 0 || format == null)
            return buffer == null && size == 0 && count == 0 ? 0 : -1;
        return StoreCounted(buffer, size, count, PrintFormat.Wide(format, arguments), nameof(_vsnwprintf_s));
    }

    /// <summary>As swprintf.</summary>
    /// <remarks>C runtime: _swprintf, without a count.</remarks>
    [Export]
    public static int _swprintf([UncheckedPointer] char* buffer, [UncheckedPointer] char* format, VarArgs arguments) =>
        vswprintf(buffer, format, arguments.Slots);

    /// <inheritdoc cref="_swprintf"/>
    [Export]
    public static int _vswprintf(
        [UncheckedPointer] char* buffer, [UncheckedPointer] char* format, [UncheckedPointer] ulong* arguments) =>
        vswprintf(buffer, format, arguments);

    private static int StoreCounted<T>(T* buffer, nuint size, nuint count, string text, string export)
        where T : unmanaged, IBinaryInteger<T>
    {
        nuint room = count == _TRUNCATE ? size - 1 : count;
        int length = (int)Math.Min(room, (nuint)text.Length);
        bool fits = CrtText<T>.TryStore(buffer, size, text.AsSpan(0, length), export);
        return fits && length == text.Length ? length : -1;
    }
}
