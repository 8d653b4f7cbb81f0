namespace Hil.Kernel;

// The string routines with a buffer size; what they do is in CrtText.cs.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Copies a string. 0, EINVAL for a null pointer, ERANGE when it does not fit; the destination is
    /// then empty.</summary>
    /// <remarks>C runtime: strcpy_s.</remarks>
    [Export]
    public static int strcpy_s([UncheckedPointer] byte* destination, nuint size, [UncheckedPointer] byte* source) =>
        CrtText<byte>.Copy(destination, size, source, nameof(strcpy_s));

    /// <summary>Appends a string. 0, EINVAL for a null pointer and for a destination without terminator, ERANGE when
    /// it does not fit; the destination is then empty.</summary>
    /// <remarks>C runtime: strcat_s.</remarks>
    [Export]
    public static int strcat_s([UncheckedPointer] byte* destination, nuint size, [UncheckedPointer] byte* source) =>
        CrtText<byte>.Append(destination, size, source, nameof(strcat_s));

    /// <summary>As strcpy_s, at most a number of characters. With _TRUNCATE as much as fits: STRUNCATE when that was
    /// not all.</summary>
    /// <remarks>C runtime: strncpy_s.</remarks>
    [Export]
    public static int strncpy_s(
        [UncheckedPointer] byte* destination, nuint size, [UncheckedPointer] byte* source, nuint count) =>
        CrtText<byte>.CopyCounted(destination, size, source, count, nameof(strncpy_s));

    /// <summary>As strncpy_s, behind the string that is there. For null pointers and a destination without terminator
    /// EINVAL, with nothing changed.</summary>
    /// <remarks>C runtime: strncat_s.</remarks>
    [Export]
    public static int strncat_s(
        [UncheckedPointer] byte* destination, nuint size, [UncheckedPointer] byte* source, nuint count) =>
        CrtText<byte>.AppendCounted(destination, size, source, count, nameof(strncat_s));

    /// <summary>Overwrites all characters of a string.</summary>
    /// <remarks>C runtime: _strset.</remarks>
    [Export]
    public static byte* _strset([UncheckedPointer] byte* text, int value) =>
        CrtText<byte>.Fill(text, (byte)value, nuint.MaxValue, nameof(_strset));

    /// <summary>Overwrites at most a number of characters of a string, not beyond its end.</summary>
    /// <remarks>C runtime: _strnset.</remarks>
    [Export]
    public static byte* _strnset([UncheckedPointer] byte* text, int value, nuint count) =>
        CrtText<byte>.Fill(text, (byte)value, count, nameof(_strnset));

    /// <summary>Overwrites all characters of a string. EINVAL for a null pointer, size 0, and a string without
    /// terminator, which becomes empty.</summary>
    /// <remarks>C runtime: _strset_s.</remarks>
    [Export]
    public static int _strset_s([UncheckedPointer] byte* text, nuint size, int value) =>
        CrtText<byte>.FillBounded(text, size, (byte)value, nuint.MaxValue, nameof(_strset_s));

    /// <summary>As _strset_s, at most a number of characters.</summary>
    /// <remarks>C runtime: _strnset_s.</remarks>
    [Export]
    public static int _strnset_s([UncheckedPointer] byte* text, nuint size, int value, nuint count) =>
        CrtText<byte>.FillBounded(text, size, (byte)value, count, nameof(_strnset_s));

    /// <summary>Reverses a string in place.</summary>
    /// <remarks>C runtime: _strrev.</remarks>
    [Export]
    public static byte* _strrev([UncheckedPointer] byte* text) =>
        CrtText<byte>.Reverse(text, nameof(_strrev));

    /// <summary>The next part of a string between delimiters, terminated in place; null when there is none, and for
    /// null pointers.</summary>
    /// <remarks>C runtime: strtok_s.</remarks>
    [Export]
    public static byte* strtok_s([UncheckedPointer] byte* text, [UncheckedPointer] byte* delimiters, byte** context) =>
        CrtText<byte>.NextToken(text, delimiters, context, nameof(strtok_s));

    /// <summary>As _strlwr, by its old name.</summary>
    /// <remarks>C runtime: strlwr.</remarks>
    [Export]
    public static byte* strlwr([UncheckedPointer] byte* text) =>
        _strlwr(text);
}
