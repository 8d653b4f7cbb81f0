namespace Hil.Kernel;

// The same routines as for bytes, in the same order (CrtStringBounded.cs).

public static unsafe partial class Ntoskrnl
{
    /// <summary>Copies a string. 0, EINVAL for a null pointer, ERANGE when it does not fit; the destination is
    /// then empty.</summary>
    /// <remarks>C runtime: wcscpy_s.</remarks>
    [Export]
    public static int wcscpy_s([UncheckedPointer] char* destination, nuint size, [UncheckedPointer] char* source) =>
        CrtText<char>.Copy(destination, size, source, nameof(wcscpy_s));

    /// <summary>Appends a string. 0, EINVAL for a null pointer and for a destination without terminator, ERANGE when
    /// it does not fit; the destination is then empty.</summary>
    /// <remarks>C runtime: wcscat_s.</remarks>
    [Export]
    public static int wcscat_s([UncheckedPointer] char* destination, nuint size, [UncheckedPointer] char* source) =>
        CrtText<char>.Append(destination, size, source, nameof(wcscat_s));

    /// <summary>As wcscpy_s, at most a number of characters. With _TRUNCATE as much as fits: STRUNCATE when that was
    /// not all.</summary>
    /// <remarks>C runtime: wcsncpy_s.</remarks>
    [Export]
    public static int wcsncpy_s(
        [UncheckedPointer] char* destination, nuint size, [UncheckedPointer] char* source, nuint count) =>
        CrtText<char>.CopyCounted(destination, size, source, count, nameof(wcsncpy_s));

    /// <summary>As wcsncpy_s, behind the string that is there. For null pointers and a destination without terminator
    /// EINVAL, with nothing changed.</summary>
    /// <remarks>C runtime: wcsncat_s.</remarks>
    [Export]
    public static int wcsncat_s(
        [UncheckedPointer] char* destination, nuint size, [UncheckedPointer] char* source, nuint count) =>
        CrtText<char>.AppendCounted(destination, size, source, count, nameof(wcsncat_s));

    /// <summary>Overwrites at most a number of characters of a string, not beyond its end.</summary>
    /// <remarks>C runtime: _wcsnset.</remarks>
    [Export]
    public static char* _wcsnset([UncheckedPointer] char* text, char value, nuint count) =>
        CrtText<char>.Fill(text, value, count, nameof(_wcsnset));

    /// <summary>Overwrites all characters of a string. EINVAL for a null pointer, size 0, and a string without
    /// terminator, which becomes empty.</summary>
    /// <remarks>C runtime: _wcsset_s.</remarks>
    [Export]
    public static int _wcsset_s([UncheckedPointer] char* text, nuint size, char value) =>
        CrtText<char>.FillBounded(text, size, value, nuint.MaxValue, nameof(_wcsset_s));

    /// <summary>As _wcsset_s, at most a number of characters.</summary>
    /// <remarks>C runtime: _wcsnset_s.</remarks>
    [Export]
    public static int _wcsnset_s([UncheckedPointer] char* text, nuint size, char value, nuint count) =>
        CrtText<char>.FillBounded(text, size, value, count, nameof(_wcsnset_s));

    /// <summary>Reverses a string in place.</summary>
    /// <remarks>C runtime: _wcsrev.</remarks>
    [Export]
    public static char* _wcsrev([UncheckedPointer] char* text) =>
        CrtText<char>.Reverse(text, nameof(_wcsrev));

    /// <summary>As _wcslwr, by its old name.</summary>
    /// <remarks>C runtime: wcslwr.</remarks>
    [Export]
    public static char* wcslwr([UncheckedPointer] char* text) =>
        _wcslwr(text);
}
