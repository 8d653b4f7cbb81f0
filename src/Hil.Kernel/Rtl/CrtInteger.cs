namespace Hil.Kernel;

// Numbers to text and back. A number is written with its sign in base 10 only; in other bases it is its bits.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Writes a number in a base from 2 to 36 and returns the buffer.</summary>
    /// <remarks>C runtime: _itoa.</remarks>
    [Export]
    public static byte* _itoa(int value, [UncheckedPointer] byte* buffer, int radix) =>
        CrtNumber<byte>.Write((uint)value, value, buffer, radix, nameof(_itoa));

    /// <summary>Writes a number in a base from 2 to 36. 0, or EINVAL: a null buffer, one that is too small, another
    /// base; the buffer is then empty.</summary>
    /// <remarks>C runtime: _itoa_s.</remarks>
    [Export]
    public static int _itoa_s(int value, [UncheckedPointer] byte* buffer, nuint size, int radix) =>
        CrtNumber<byte>.WriteBounded((uint)value, value, buffer, size, radix, nameof(_itoa_s));

    /// <summary>Writes a number in a base from 2 to 36 and returns the buffer.</summary>
    /// <remarks>C runtime: _itow.</remarks>
    [Export]
    public static char* _itow(int value, [UncheckedPointer] char* buffer, int radix) =>
        CrtNumber<char>.Write((uint)value, value, buffer, radix, nameof(_itow));

    /// <inheritdoc cref="_itoa_s"/>
    /// <remarks>C runtime: _itow_s.</remarks>
    [Export]
    public static int _itow_s(int value, [UncheckedPointer] char* buffer, nuint size, int radix) =>
        CrtNumber<char>.WriteBounded((uint)value, value, buffer, size, radix, nameof(_itow_s));

    /// <inheritdoc cref="_itoa_s"/>
    /// <remarks>C runtime: _ltoa_s.</remarks>
    [Export]
    public static int _ltoa_s(int value, [UncheckedPointer] byte* buffer, nuint size, int radix) =>
        CrtNumber<byte>.WriteBounded((uint)value, value, buffer, size, radix, nameof(_ltoa_s));

    /// <inheritdoc cref="_itoa_s"/>
    /// <remarks>C runtime: _ltow_s.</remarks>
    [Export]
    public static int _ltow_s(int value, [UncheckedPointer] char* buffer, nuint size, int radix) =>
        CrtNumber<char>.WriteBounded((uint)value, value, buffer, size, radix, nameof(_ltow_s));

    /// <inheritdoc cref="_itoa_s"/>
    /// <remarks>C runtime: _ultoa_s.</remarks>
    [Export]
    public static int _ultoa_s(uint value, [UncheckedPointer] byte* buffer, nuint size, int radix) =>
        CrtNumber<byte>.WriteBounded(value, 0, buffer, size, radix, nameof(_ultoa_s));

    /// <inheritdoc cref="_itoa_s"/>
    /// <remarks>C runtime: _ultow_s.</remarks>
    [Export]
    public static int _ultow_s(uint value, [UncheckedPointer] char* buffer, nuint size, int radix) =>
        CrtNumber<char>.WriteBounded(value, 0, buffer, size, radix, nameof(_ultow_s));

    /// <inheritdoc cref="_itoa_s"/>
    /// <remarks>C runtime: _i64toa_s.</remarks>
    [Export]
    public static int _i64toa_s(long value, [UncheckedPointer] byte* buffer, nuint size, int radix) =>
        CrtNumber<byte>.WriteBounded((ulong)value, value, buffer, size, radix, nameof(_i64toa_s));

    /// <inheritdoc cref="_itoa_s"/>
    /// <remarks>C runtime: _i64tow_s.</remarks>
    [Export]
    public static int _i64tow_s(long value, [UncheckedPointer] char* buffer, nuint size, int radix) =>
        CrtNumber<char>.WriteBounded((ulong)value, value, buffer, size, radix, nameof(_i64tow_s));

    /// <inheritdoc cref="_itoa_s"/>
    /// <remarks>C runtime: _ui64toa_s.</remarks>
    [Export]
    public static int _ui64toa_s(ulong value, [UncheckedPointer] byte* buffer, nuint size, int radix) =>
        CrtNumber<byte>.WriteBounded(value, 0, buffer, size, radix, nameof(_ui64toa_s));

    /// <inheritdoc cref="_itoa_s"/>
    /// <remarks>C runtime: _ui64tow_s.</remarks>
    [Export]
    public static int _ui64tow_s(ulong value, [UncheckedPointer] char* buffer, nuint size, int radix) =>
        CrtNumber<char>.WriteBounded(value, 0, buffer, size, radix, nameof(_ui64tow_s));

    /// <summary>Reads a decimal number: 0 without digits, the nearest one where it does not fit.</summary>
    /// <remarks>C runtime: atoi.</remarks>
    [Export]
    public static int atoi([UncheckedPointer] byte* text) => CrtNumber<byte>.ReadInteger(text, nameof(atoi));

    /// <inheritdoc cref="atoi"/>
    /// <remarks>C runtime: atol.</remarks>
    [Export]
    public static int atol([UncheckedPointer] byte* text) => CrtNumber<byte>.ReadInteger(text, nameof(atol));

    /// <inheritdoc cref="atoi"/>
    /// <remarks>C runtime: _wtoi.</remarks>
    [Export]
    public static int _wtoi([UncheckedPointer] char* text) => CrtNumber<char>.ReadInteger(text, nameof(_wtoi));

    /// <inheritdoc cref="atoi"/>
    /// <remarks>C runtime: _wtol.</remarks>
    [Export]
    public static int _wtol([UncheckedPointer] char* text) => CrtNumber<char>.ReadInteger(text, nameof(_wtol));

    /// <summary>Reads a number in a base from 2 to 36, or in that of its prefix.</summary>
    /// <param name="end">Gets the first character that is not of it; may be null.</param>
    /// <returns>0 without digits, 0xFFFFFFFF where it does not fit.</returns>
    /// <remarks>C runtime: wcstoul.</remarks>
    [Export]
    public static uint wcstoul([UncheckedPointer] char* text, char** end, int radix) =>
        (uint)CrtNumber<char>.ReadUnsigned(text, end, radix, uint.MaxValue, nameof(wcstoul));

    /// <summary>As wcstoul, for 64 bits and narrow text.</summary>
    /// <remarks>C runtime: _strtoui64.</remarks>
    [Export]
    public static ulong _strtoui64([UncheckedPointer] byte* text, byte** end, int radix) =>
        CrtNumber<byte>.ReadUnsigned(text, end, radix, ulong.MaxValue, nameof(_strtoui64));
}
