using System.Numerics;

namespace Hil.Kernel;

// What the string routines with a buffer size (…_s) do, over both kinds of characters. In user mode they tell an
// invalid parameter handler of a mistake first; the kernel has none, so what they return is all there is (Microsoft C
// runtime: "Parameter Validation").

/// <summary>Strings of C in driver memory, of bytes or of UTF-16.</summary>
internal static unsafe class CrtText<T>
    where T : unmanaged, IBinaryInteger<T>
{
    /// <summary>Characters before the terminator, looking at no more than a number of them.</summary>
    public static nuint Measure(T* text, string export, ulong max = ulong.MaxValue) =>
        DriverMemory.MeasureString(text, sizeof(T), export, max) / (nuint)sizeof(T);

    /// <summary>strcpy_s.</summary>
    public static int Copy(T* destination, nuint size, T* source, string export)
    {
        if (destination == null)
            return EINVAL;
        if (source == null)
            return Empty(destination, size, EINVAL, export);
        nuint length = Measure(source, export, size);
        return length >= size
            ? Empty(destination, size, ERANGE, export)
            : Store(destination, source, length, export);
    }

    /// <summary>strcat_s.</summary>
    public static int Append(T* destination, nuint size, T* source, string export)
    {
        if (destination == null)
            return EINVAL;
        if (source == null)
            return Empty(destination, size, EINVAL, export);
        if (size == 0)
            return ERANGE;
        nuint used = Measure(destination, export, size);
        if (used == size)
            return Empty(destination, size, EINVAL, export);
        nuint length = Measure(source, export, size - used);
        return length >= size - used
            ? Empty(destination, size, ERANGE, export)
            : Store(destination + used, source, length, export);
    }

    /// <summary>strncpy_s.</summary>
    public static int CopyCounted(T* destination, nuint size, T* source, nuint count, string export)
    {
        if (destination == null && size == 0 && count == 0)
            return 0;
        if (destination == null || size == 0)
            return EINVAL;
        if (source == null && count != 0)
            return Empty(destination, size, EINVAL, export);
        return AppendAt(destination, 0, size, source, count, export);
    }

    /// <summary>strncat_s.</summary>
    public static int AppendCounted(T* destination, nuint size, T* source, nuint count, string export)
    {
        if (destination == null && size == 0 && count == 0)
            return 0;
        if (destination == null || size == 0 || (source == null && count != 0))
            return EINVAL;
        nuint used = Measure(destination, export, size);
        return used == size ? EINVAL : AppendAt(destination, used, size, source, count, export);
    }

    /// <summary>_strset and _strnset: overwrites characters up to the terminator.</summary>
    public static T* Fill(T* text, T value, nuint count, string export)
    {
        nuint length = Measure(text, export, count);
        DriverMemory.RequireWritable(text, length * (nuint)sizeof(T), export);
        new Span<T>(text, (int)length).Fill(value);
        return text;
    }

    /// <summary>_strset_s and _strnset_s.</summary>
    public static int FillBounded(T* text, nuint size, T value, nuint count, string export)
    {
        if (text == null && size == 0 && count == 0)
            return 0;
        if (text == null || size == 0)
            return EINVAL;
        if (Measure(text, export, size) == size)
            return Empty(text, size, EINVAL, export);
        Fill(text, value, count, export);
        return 0;
    }

    /// <summary>_strrev.</summary>
    public static T* Reverse(T* text, string export)
    {
        nuint length = Measure(text, export);
        DriverMemory.RequireWritable(text, length * (nuint)sizeof(T), export);
        new Span<T>(text, (int)length).Reverse();
        return text;
    }

    /// <summary>strtok_s.</summary>
    public static T* NextToken(T* text, T* delimiters, T** context, string export)
    {
        if (delimiters == null || context == null || (text == null && *context == null))
            return null;
        T* at = text != null ? text : *context;
        var searched = new ReadOnlySpan<T>(at, (int)Measure(at, export));
        var set = new ReadOnlySpan<T>(delimiters, (int)Measure(delimiters, export));
        int start = searched.IndexOfAnyExcept(set);
        if (start < 0)
        {
            *context = at + searched.Length;
            return null;
        }
        int length = searched[start..].IndexOfAny(set);
        T* end = length < 0 ? at + searched.Length : at + start + length;
        *context = end;
        if (length >= 0)
        {
            DriverMemory.RequireWritable(end, (nuint)sizeof(T), export);
            *end = T.Zero;
            *context = end + 1;
        }
        return at + start;
    }

    /// <summary>Stores characters with a terminator, where they are known to fit; 0.</summary>
    public static int Store(T* destination, T* source, nuint length, string export)
    {
        DriverMemory.RequireWritable(destination, (length + 1) * (nuint)sizeof(T), export);
        Buffer.MemoryCopy(source, destination, length * (nuint)sizeof(T), length * (nuint)sizeof(T));
        destination[length] = T.Zero;
        return 0;
    }

    /// <summary>Stores text of the kernel's with a terminator, where it is known to fit.</summary>
    public static void Store(T* destination, ReadOnlySpan<char> text, string export)
    {
        DriverMemory.RequireWritable(destination, ((nuint)text.Length + 1) * (nuint)sizeof(T), export);
        for (int i = 0; i < text.Length; i++)
            destination[i] = Encode(text[i]);
        destination[text.Length] = T.Zero;
    }

    /// <summary>Text with its terminator into a buffer of a size in characters; false, and an empty string there, when
    /// it does not fit.</summary>
    public static bool TryStore(T* destination, nuint size, ReadOnlySpan<char> text, string export)
    {
        bool fits = (nuint)text.Length < size;
        if (fits)
            Store(destination, text, export);
        else
            Empty(destination, size, ERANGE, export);
        return fits;
    }

    /// <summary>Empties a buffer that has room for a terminator, and returns the error.</summary>
    public static int Empty(T* destination, nuint size, int error, string export)
    {
        if (size == 0)
            return error;
        DriverMemory.RequireWritable(destination, (nuint)sizeof(T), export);
        *destination = T.Zero;
        return error;
    }

    public static T Encode(char character) =>
        sizeof(T) == 1 ? T.CreateTruncating(AnsiCodePage.ToByte(character)) : T.CreateTruncating(character);

    /// <summary>A character, as UTF-16.</summary>
    public static char Decode(T character) =>
        sizeof(T) == 1
            ? AnsiCodePage.ToChar(byte.CreateTruncating(character))
            : (char)ushort.CreateTruncating(character);

    /// <summary>A number of characters, as UTF-16.</summary>
    public static char[] Decode(T* text, nuint length)
    {
        char[] characters = new char[length];
        for (nuint i = 0; i < length; i++)
            characters[i] = Decode(text[i]);
        return characters;
    }

    private static int AppendAt(T* destination, nuint used, nuint size, T* source, nuint count, string export)
    {
        nuint room = size - used - 1;
        bool cuts = count == _TRUNCATE;
        nuint length = count == 0 ? 0 : Measure(source, export, cuts ? (ulong)room + 1 : count);
        if (length <= room)
            return Store(destination + used, source, length, export);
        if (!cuts)
            return Empty(destination, size, ERANGE, export);
        Store(destination + used, source, room, export);
        return STRUNCATE;
    }
}
