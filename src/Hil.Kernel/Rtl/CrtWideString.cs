namespace Hil.Kernel;

// Zero-terminated strings of UTF-16: the same routines as for bytes, in the same order (CrtString.cs).

public static unsafe partial class Ntoskrnl
{
    /// <summary>Length in characters, without the terminator.</summary>
    /// <remarks>C runtime: wcslen.</remarks>
    [Export]
    public static nuint wcslen([UncheckedPointer] char* text) =>
        DriverMemory.MeasureString(text, sizeof(char), nameof(wcslen)) / sizeof(char);

    /// <summary>As wcslen, looking at no more than a number of characters.</summary>
    /// <remarks>C runtime: wcsnlen.</remarks>
    [Export]
    public static nuint wcsnlen([UncheckedPointer] char* text, nuint count) =>
        DriverMemory.MeasureString(text, sizeof(char), nameof(wcsnlen), count) / sizeof(char);

    /// <summary>Copies a string with its terminator and returns the destination.</summary>
    /// <remarks>C runtime: wcscpy.</remarks>
    [Export]
    public static char* wcscpy([UncheckedPointer] char* destination, [UncheckedPointer] char* source)
    {
        CopyMemory(destination, source, (wcslen(source) + 1) * sizeof(char), nameof(wcscpy));
        return destination;
    }

    /// <summary>Copies at most a number of characters, and fills up with zeros; no terminator when there is no room
    /// for one.</summary>
    /// <remarks>C runtime: wcsncpy.</remarks>
    [Export]
    public static char* wcsncpy(
        [UncheckedPointer] char* destination, [UncheckedPointer] char* source, nuint count)
    {
        nuint length = wcsnlen(source, count);
        CopyMemory(destination, source, length * sizeof(char), nameof(wcsncpy));
        FillMemory(destination + length, (count - length) * sizeof(char), 0, nameof(wcsncpy));
        return destination;
    }

    /// <summary>Appends a string and returns the destination.</summary>
    /// <remarks>C runtime: wcscat.</remarks>
    [Export]
    public static char* wcscat([UncheckedPointer] char* destination, [UncheckedPointer] char* source)
    {
        wcscpy(destination + wcslen(destination), source);
        return destination;
    }

    /// <summary>Appends at most a number of characters and a terminator; returns the destination.</summary>
    /// <remarks>C runtime: wcsncat.</remarks>
    [Export]
    public static char* wcsncat(
        [UncheckedPointer] char* destination, [UncheckedPointer] char* source, nuint count)
    {
        char* end = destination + wcslen(destination);
        nuint length = wcsnlen(source, count);
        CopyMemory(end, source, length * sizeof(char), nameof(wcsncat));
        FillMemory(end + length, sizeof(char), 0, nameof(wcsncat));
        return destination;
    }

    /// <summary>Compares strings: negative, zero or positive.</summary>
    /// <remarks>C runtime: wcscmp.</remarks>
    [Export]
    public static int wcscmp([UncheckedPointer] char* left, [UncheckedPointer] char* right) =>
        Math.Sign(CompareText(left, right, nuint.MaxValue, ignoreCase: false));

    /// <summary>Compares at most a number of characters.</summary>
    /// <remarks>C runtime: wcsncmp.</remarks>
    [Export]
    public static int wcsncmp([UncheckedPointer] char* left, [UncheckedPointer] char* right, nuint count) =>
        Math.Sign(CompareText(left, right, count, ignoreCase: false));

    /// <summary>Compares strings whose ASCII letters may differ in case.</summary>
    /// <remarks>C runtime: _wcsicmp.</remarks>
    [Export]
    public static int _wcsicmp([UncheckedPointer] char* left, [UncheckedPointer] char* right) =>
        CompareText(left, right, nuint.MaxValue, ignoreCase: true);

    /// <summary>As _wcsicmp, at most a number of characters.</summary>
    /// <remarks>C runtime: _wcsnicmp.</remarks>
    [Export]
    public static int _wcsnicmp([UncheckedPointer] char* left, [UncheckedPointer] char* right, nuint count) =>
        CompareText(left, right, count, ignoreCase: true);

    /// <summary>Address of the first occurrence of a character, the terminator included, or null.</summary>
    /// <remarks>C runtime: wcschr.</remarks>
    [Export]
    public static char* wcschr([UncheckedPointer] char* text, char character)
    {
        nuint length = wcslen(text);
        for (nuint i = 0; i <= length; i++)
        {
            if (text[i] == (char)character)
                return text + i;
        }
        return null;
    }

    /// <summary>Address of the last occurrence of a character, the terminator included, or null.</summary>
    /// <remarks>C runtime: wcsrchr.</remarks>
    [Export]
    public static char* wcsrchr([UncheckedPointer] char* text, char character)
    {
        for (nuint left = wcslen(text) + 1; left > 0; left--)
        {
            if (text[left - 1] == (char)character)
                return text + left - 1;
        }
        return null;
    }

    /// <summary>Address of the first occurrence of a string in another, or null.</summary>
    /// <remarks>C runtime: wcsstr.</remarks>
    [Export]
    public static char* wcsstr([UncheckedPointer] char* text, [UncheckedPointer] char* wanted)
    {
        var searched = new ReadOnlySpan<char>(text, (int)wcslen(text));
        int index = searched.IndexOf(new ReadOnlySpan<char>(wanted, (int)wcslen(wanted)));
        return index < 0 ? null : text + index;
    }

    /// <summary>Number of characters at the start that are all in a set.</summary>
    /// <remarks>C runtime: wcsspn.</remarks>
    [Export]
    public static nuint wcsspn([UncheckedPointer] char* text, [UncheckedPointer] char* set)
    {
        var searched = new ReadOnlySpan<char>(text, (int)wcslen(text));
        int index = searched.IndexOfAnyExcept(new ReadOnlySpan<char>(set, (int)wcslen(set)));
        return (nuint)(index < 0 ? searched.Length : index);
    }

    /// <summary>Number of characters at the start of which none is in a set.</summary>
    /// <remarks>C runtime: wcscspn.</remarks>
    [Export]
    public static nuint wcscspn([UncheckedPointer] char* text, [UncheckedPointer] char* set)
    {
        var searched = new ReadOnlySpan<char>(text, (int)wcslen(text));
        int index = searched.IndexOfAny(new ReadOnlySpan<char>(set, (int)wcslen(set)));
        return (nuint)(index < 0 ? searched.Length : index);
    }

    /// <summary>Turns ASCII letters of a string into upper case, in place.</summary>
    /// <remarks>C runtime: _wcsupr.</remarks>
    [Export]
    public static char* _wcsupr([UncheckedPointer] char* text)
    {
        nuint length = wcslen(text);
        DriverMemory.RequireWritable(text, length * sizeof(char), nameof(_wcsupr));
        for (nuint i = 0; i < length; i++)
            text[i] = (char)(text[i] is >= 'a' and <= 'z' ? text[i] - 0x20 : text[i]);
        return text;
    }

    /// <summary>Turns ASCII letters of a string into lower case, in place.</summary>
    /// <remarks>C runtime: _wcslwr.</remarks>
    [Export]
    public static char* _wcslwr([UncheckedPointer] char* text)
    {
        nuint length = wcslen(text);
        DriverMemory.RequireWritable(text, length * sizeof(char), nameof(_wcslwr));
        for (nuint i = 0; i < length; i++)
            text[i] = (char)AsciiLower(text[i]);
        return text;
    }

    private static int CompareText(char* left, char* right, nuint count, bool ignoreCase)
    {
        nuint leftLength = wcsnlen(left, count);
        nuint rightLength = wcsnlen(right, count);
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
