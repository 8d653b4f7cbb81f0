using System.Numerics;

namespace Hil.Kernel;

/// <summary>Takes paths apart and puts them together, for both kinds of characters.</summary>
internal static unsafe class CrtPath<T>
    where T : unmanaged, IBinaryInteger<T>
{
    /// <summary>One part of a path: a buffer that may be missing, then with size 0.</summary>
    public readonly struct Part(T* buffer, nuint size)
    {
        public readonly T* Buffer = buffer;
        public readonly nuint Size = size;

        public bool IsValid => Buffer == null == (Size == 0);
    }

    /// <summary>_makepath_s: 0, EINVAL for no path buffer, ERANGE with an empty path when it does not fit.</summary>
    public static int Join(T* path, nuint size, T* drive, T* directory, T* name, T* extension, string export)
    {
        if (path == null || size == 0)
            return EINVAL;
        string text = "";
        if (Read(drive, export) is { Length: > 0 } letter)
            text = letter[..1] + ":";
        text += Read(directory, export);
        if (directory != null && text.Length > 0 && *directory != T.Zero && text[^1] is not ('/' or '\\'))
            text += '\\';
        text += Read(name, export);
        if (Read(extension, export) is { Length: > 0 } end)
            text += end[0] == '.' ? end : "." + end;
        return CrtText<T>.TryStore(path, size, text, export) ? 0 : ERANGE;
    }

    /// <summary>_splitpath_s: 0, EINVAL for no path and for a part whose size does not go with its buffer, ERANGE when
    /// one does not fit; all parts are then empty.</summary>
    public static int Split(T* path, Part drive, Part directory, Part name, Part extension, string export)
    {
        bool isValid = path != null && drive.IsValid && directory.IsValid && name.IsValid && extension.IsValid;
        ReadOnlySpan<char> text = isValid ? Read(path, export) : "";
        int directoryAt = text is [_, ':', ..] ? 2 : 0;
        int nameAt = Math.Max(text.LastIndexOfAny('/', '\\') + 1, directoryAt);
        int dot = text[nameAt..].LastIndexOf('.');
        int extensionAt = dot < 0 ? text.Length : nameAt + dot;
        if (isValid
            && TryStore(drive, text[..directoryAt], export)
            && TryStore(directory, text[directoryAt..nameAt], export)
            && TryStore(name, text[nameAt..extensionAt], export)
            && TryStore(extension, text[extensionAt..], export))
            return 0;
        foreach (Part part in (ReadOnlySpan<Part>)[drive, directory, name, extension])
        {
            if (part.Buffer != null)
                CrtText<T>.Empty(part.Buffer, part.Size, ERANGE, export);
        }
        return isValid ? ERANGE : EINVAL;
    }

    private static bool TryStore(Part part, ReadOnlySpan<char> text, string export) =>
        part.Buffer == null || CrtText<T>.TryStore(part.Buffer, part.Size, text, export);

    private static string Read(T* text, string export) =>
        text == null ? "" : new string(CrtText<T>.Decode(text, CrtText<T>.Measure(text, export)));
}
