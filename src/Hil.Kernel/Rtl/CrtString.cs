namespace Hil.Kernel;

// Zero-terminated strings of bytes. A length is measured first, page by page, so that a string without end is found
// where it leaves mapped memory; then the characters are known to be readable.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Length in characters, without the terminator.</summary>
    /// <remarks>C runtime: strlen.</remarks>
    [Export]
    public static nuint strlen([UncheckedPointer] byte* text) => DriverMemory.MeasureString(text, 1, nameof(strlen));

    /// <summary>As strlen, looking at no more than a number of characters.</summary>
    /// <remarks>C runtime: strnlen.</remarks>
    [Export]
    public static nuint strnlen([UncheckedPointer] byte* text, nuint count) =>
        DriverMemory.MeasureString(text, 1, nameof(strnlen), count);

    /// <summary>Copies a string with its terminator and returns the destination.</summary>
    /// <remarks>C runtime: strcpy.</remarks>
    [Export]
    public static byte* strcpy([UncheckedPointer] byte* destination, [UncheckedPointer] byte* source)
    {
        CopyMemory(destination, source, strlen(source) + 1, nameof(strcpy));
        return destination;
    }

    /// <summary>Copies at most a number of characters, and fills up with zeros; no terminator when there is no room
    /// for one.</summary>
    /// <remarks>C runtime: strncpy.</remarks>
    [Export]
    public static byte* strncpy(
        [UncheckedPointer] byte* destination, [UncheckedPointer] byte* source, nuint count)
    {
        nuint length = strnlen(source, count);
        CopyMemory(destination, source, length, nameof(strncpy));
        FillMemory(destination + length, count - length, 0, nameof(strncpy));
        return destination;
    }

    /// <summary>Appends a string and returns the destination.</summary>
    /// <remarks>C runtime: strcat.</remarks>
    [Export]
    public static byte* strcat([UncheckedPointer] byte* destination, [UncheckedPointer] byte* source)
    {
        strcpy(destination + strlen(destination), source);
        return destination;
    }

    /// <summary>Appends at most a number of characters and a terminator; returns the destination.</summary>
    /// <remarks>C runtime: strncat.</remarks>
    [Export]
    public static byte* strncat(
        [UncheckedPointer] byte* destination, [UncheckedPointer] byte* source, nuint count)
    {
        byte* end = destination + strlen(destination);
        nuint length = strnlen(source, count);
        CopyMemory(end, source, length, nameof(strncat));
        FillMemory(end + length, 1, 0, nameof(strncat));
        return destination;
    }

    /// <summary>Compares strings: negative, zero or positive.</summary>
    /// <remarks>C runtime: strcmp.</remarks>
    [Export]
    public static int strcmp([UncheckedPointer] byte* left, [UncheckedPointer] byte* right) =>
        Math.Sign(CompareText(left, right, nuint.MaxValue, ignoreCase: false));

    /// <summary>Compares at most a number of characters.</summary>
    /// <remarks>C runtime: strncmp.</remarks>
    [Export]
    public static int strncmp([UncheckedPointer] byte* left, [UncheckedPointer] byte* right, nuint count) =>
        Math.Sign(CompareText(left, right, count, ignoreCase: false));

    /// <summary>Compares strings whose ASCII letters may differ in case.</summary>
    /// <remarks>C runtime: _stricmp.</remarks>
    [Export]
    public static int _stricmp([UncheckedPointer] byte* left, [UncheckedPointer] byte* right) =>
        CompareText(left, right, nuint.MaxValue, ignoreCase: true);

    /// <summary>As _stricmp, at most a number of characters.</summary>
    /// <remarks>C runtime: _strnicmp.</remarks>
    [Export]
    public static int _strnicmp([UncheckedPointer] byte* left, [UncheckedPointer] byte* right, nuint count) =>
        CompareText(left, right, count, ignoreCase: true);

    /// <summary>Address of the first occurrence of a character, the terminator included, or null.</summary>
    /// <remarks>C runtime: strchr.</remarks>
    [Export]
    public static byte* strchr([UncheckedPointer] byte* text, int character)
    {
        nuint length = strlen(text);
        for (nuint i = 0; i <= length; i++)
        {
            if (text[i] == (byte)character)
                return text + i;
        }
        return null;
    }

    /// <summary>Address of the last occurrence of a character, the terminator included, or null.</summary>
    /// <remarks>C runtime: strrchr.</remarks>
    [Export]
    public static byte* strrchr([UncheckedPointer] byte* text, int character)
    {
        for (nuint left = strlen(text) + 1; left > 0; left--)
        {
            if (text[left - 1] == (byte)character)
                return text + left - 1;
        }
        return null;
    }

    /// <summary>Address of the first occurrence of a string in another, or null.</summary>
    /// <remarks>C runtime: strstr.</remarks>
    [Export]
    public static byte* strstr([UncheckedPointer] byte* text, [UncheckedPointer] byte* wanted)
    {
        var searched = new ReadOnlySpan<byte>(text, (int)strlen(text));
        int index = searched.IndexOf(new ReadOnlySpan<byte>(wanted, (int)strlen(wanted)));
        return index < 0 ? null : text + index;
    }

    /// <summary>Number of characters at the start that are all in a set.</summary>
    /// <remarks>C runtime: strspn.</remarks>
    [Export]
    public static nuint strspn([UncheckedPointer] byte* text, [UncheckedPointer] byte* set)
    {
        var searched = new ReadOnlySpan<byte>(text, (int)strlen(text));
        int index = searched.IndexOfAnyExcept(new ReadOnlySpan<byte>(set, (int)strlen(set)));
        return (nuint)(index < 0 ? searched.Length : index);
    }

    /// <summary>Turns ASCII letters of a string into upper case, in place.</summary>
    /// <remarks>C runtime: _strupr.</remarks>
    [Export]
    public static byte* _strupr([UncheckedPointer] byte* text)
    {
        nuint length = strlen(text);
        DriverMemory.RequireWritable(text, length, nameof(_strupr));
        for (nuint i = 0; i < length; i++)
            text[i] = (byte)(text[i] is >= (byte)'a' and <= (byte)'z' ? text[i] - 0x20 : text[i]);
        return text;
    }

    /// <summary>Turns ASCII letters of a string into lower case, in place.</summary>
    /// <remarks>C runtime: _strlwr.</remarks>
    [Export]
    public static byte* _strlwr([UncheckedPointer] byte* text)
    {
        nuint length = strlen(text);
        DriverMemory.RequireWritable(text, length, nameof(_strlwr));
        for (nuint i = 0; i < length; i++)
            text[i] = (byte)AsciiLower(text[i]);
        return text;
    }

    /// <summary>Lower case of an ASCII character.</summary>
    /// <remarks>C runtime: tolower.</remarks>
    [Export]
    public static int tolower(int character) => AsciiLower(character);

    /// <summary>Upper case of an ASCII character.</summary>
    /// <remarks>C runtime: toupper.</remarks>
    [Export]
    public static int toupper(int character) => character is >= 'a' and <= 'z' ? character - 0x20 : character;

    private static int AsciiLower(int character) => character is >= 'A' and <= 'Z' ? character + 0x20 : character;

    private static int CompareText(byte* left, byte* right, nuint count, bool ignoreCase)
    {
        nuint leftLength = strnlen(left, count);
        nuint rightLength = strnlen(right, count);
        nuint common = Math.Min(leftLength, rightLength);
        for (nuint i = 0; i < common; i++)
        {
            int difference = ignoreCase ? AsciiLower(left[i]) - AsciiLower(right[i]) : left[i] - right[i];
            if (difference != 0)
                return difference;
        }
        int leftEnd = common < leftLength ? left[common] : 0;
        int rightEnd = common < rightLength ? right[common] : 0;
        return ignoreCase ? AsciiLower(leftEnd) - AsciiLower(rightEnd) : leftEnd - rightEnd;
    }
}
