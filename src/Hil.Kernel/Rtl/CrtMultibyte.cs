namespace Hil.Kernel;

// Between bytes of the ANSI code page, which are a character each, and UTF-16. The kernel has no errno.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Converts one character. 1, 0 for a terminator, a null pointer and no bytes.</summary>
    /// <param name="wide">May be null.</param>
    /// <remarks>C runtime: mbtowc.</remarks>
    [Export]
    public static int mbtowc(char* wide, byte* multibyte, nuint count)
    {
        if (multibyte == null || count == 0)
            return 0;
        if (wide != null)
            *wide = AnsiCodePage.ToChar(*multibyte);
        return *multibyte == 0 ? 0 : 1;
    }

    /// <summary>Converts one character. 1, 0 for a null pointer, -1 for what the code page lacks.</summary>
    /// <remarks>C runtime: wctomb.</remarks>
    [Export]
    public static int wctomb(byte* multibyte, char wide)
    {
        if (multibyte == null)
            return 0;
        if (!IsInCodePage(wide))
            return -1;
        *multibyte = AnsiCodePage.ToByte(wide);
        return 1;
    }

    /// <summary>Converts at most a number of characters, and the terminator if there is room for it.</summary>
    /// <param name="wide">Null only measures.</param>
    /// <returns>How many characters there are, without terminator.</returns>
    /// <remarks>C runtime: mbstowcs.</remarks>
    [Export]
    public static nuint mbstowcs([UncheckedPointer] char* wide, [UncheckedPointer] byte* multibyte, nuint count)
    {
        if (wide == null)
            return strlen(multibyte);
        nuint length = strnlen(multibyte, count);
        nuint stored = length < count ? length + 1 : length;
        DriverMemory.RequireWritable(wide, stored * sizeof(char), nameof(mbstowcs));
        for (nuint i = 0; i < length; i++)
            wide[i] = AnsiCodePage.ToChar(multibyte[i]);
        if (stored > length)
            wide[length] = '\0';
        return length;
    }

    /// <summary>Converts to at most a number of bytes, and the terminator if there is room for it.</summary>
    /// <param name="multibyte">Null only measures.</param>
    /// <returns>How many bytes there are, without terminator; -1 at a character that the code page lacks.</returns>
    /// <remarks>C runtime: wcstombs.</remarks>
    [Export]
    public static nuint wcstombs([UncheckedPointer] byte* multibyte, [UncheckedPointer] char* wide, nuint count)
    {
        nuint length = multibyte == null ? wcslen(wide) : wcsnlen(wide, count);
        bool hasTerminator = multibyte != null && length < count;
        if (multibyte != null)
            DriverMemory.RequireWritable(multibyte, hasTerminator ? length + 1 : length, nameof(wcstombs));
        for (nuint i = 0; i < length; i++)
        {
            if (!IsInCodePage(wide[i]))
                return nuint.MaxValue;
            if (multibyte != null)
                multibyte[i] = AnsiCodePage.ToByte(wide[i]);
        }
        if (hasTerminator)
            multibyte[length] = 0;
        return length;
    }

    private static bool IsInCodePage(char wide) => AnsiCodePage.ToChar(AnsiCodePage.ToByte(wide)) == wide;
}
