namespace Hil.Kernel;

// The bounded routines without _s write what fits, end it with a zero only if there is room for one, and return -1
// when there was more (Microsoft C runtime: _snprintf). With a null buffer and count 0 they only measure.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Formats without bound; returns the length.</summary>
    /// <remarks>C runtime: sprintf.</remarks>
    [Export]
    public static int sprintf([UncheckedPointer] byte* buffer, [UncheckedPointer] byte* format, VarArgs arguments) =>
        vsprintf(buffer, format, arguments.Slots);

    /// <inheritdoc cref="sprintf"/>
    [Export]
    public static int vsprintf(
        [UncheckedPointer] byte* buffer, [UncheckedPointer] byte* format, [UncheckedPointer] ulong* arguments) =>
        StoreNarrow(buffer, nuint.MaxValue, PrintFormat.Narrow(format, arguments, out _), nameof(vsprintf));

    /// <summary>Formats at most count bytes; returns the length, or -1 when there was more.</summary>
    /// <remarks>C runtime: _snprintf.</remarks>
    [Export]
    public static int _snprintf(
        [UncheckedPointer] byte* buffer, nuint count, [UncheckedPointer] byte* format, VarArgs arguments) =>
        _vsnprintf(buffer, count, format, arguments.Slots);

    /// <inheritdoc cref="_snprintf"/>
    [Export]
    public static int _vsnprintf(
        [UncheckedPointer] byte* buffer, nuint count, [UncheckedPointer] byte* format,
        [UncheckedPointer] ulong* arguments) =>
        StoreNarrow(buffer, count, PrintFormat.Narrow(format, arguments, out _), nameof(_vsnprintf));

    /// <summary>Formats without bound; returns the length.</summary>
    /// <remarks>C runtime: swprintf, as the kernel exports it: without a count.</remarks>
    [Export]
    public static int swprintf([UncheckedPointer] char* buffer, [UncheckedPointer] char* format, VarArgs arguments) =>
        vswprintf(buffer, format, arguments.Slots);

    /// <inheritdoc cref="swprintf"/>
    [Export]
    public static int vswprintf(
        [UncheckedPointer] char* buffer, [UncheckedPointer] char* format, [UncheckedPointer] ulong* arguments) =>
        StoreWide(buffer, nuint.MaxValue, PrintFormat.Wide(format, arguments), nameof(vswprintf));

    /// <summary>Formats at most count characters; returns the length, or -1 when there was more.</summary>
    /// <remarks>C runtime: _snwprintf.</remarks>
    [Export]
    public static int _snwprintf(
        [UncheckedPointer] char* buffer, nuint count, [UncheckedPointer] char* format, VarArgs arguments) =>
        _vsnwprintf(buffer, count, format, arguments.Slots);

    /// <inheritdoc cref="_snwprintf"/>
    [Export]
    public static int _vsnwprintf(
        [UncheckedPointer] char* buffer, nuint count, [UncheckedPointer] char* format,
        [UncheckedPointer] ulong* arguments) =>
        StoreWide(buffer, count, PrintFormat.Wide(format, arguments), nameof(_vsnwprintf));

    private static int StoreNarrow(byte* buffer, nuint count, string text, string export)
    {
        if (buffer == null && count == 0)
            return text.Length;
        int written = (int)Math.Min((nuint)text.Length, count);
        nuint terminator = (nuint)written < count ? 1u : 0;
        DriverMemory.RequireWritable(buffer, (nuint)written + terminator, export);
        for (int i = 0; i < written; i++)
            buffer[i] = AnsiCodePage.ToByte(text[i]);
        if (terminator != 0)
            buffer[written] = 0;
        return written == text.Length ? written : -1;
    }

    private static int StoreWide(char* buffer, nuint count, string text, string export)
    {
        if (buffer == null && count == 0)
            return text.Length;
        int written = (int)Math.Min((nuint)text.Length, count);
        nuint terminator = (nuint)written < count ? 1u : 0;
        DriverMemory.RequireWritable(buffer, ((nuint)written + terminator) * sizeof(char), export);
        text.AsSpan(0, written).CopyTo(new Span<char>(buffer, written));
        if (terminator != 0)
            buffer[written] = '\0';
        return written == text.Length ? written : -1;
    }
}
