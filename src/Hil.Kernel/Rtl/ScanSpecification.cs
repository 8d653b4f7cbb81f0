namespace Hil.Kernel;

/// <summary>One conversion of a scan format, such as %*3hx.</summary>
internal ref struct ScanSpecification
{
    /// <summary>Read, but not stored (*).</summary>
    public bool IsSuppressed;

    /// <summary>0 when the format names none.</summary>
    public int Width;

    /// <summary>Of the integer to store.</summary>
    public int Bytes;

    /// <summary>What a size prefix says of the characters to store; null when there is none.</summary>
    public bool? IsWide;

    public char Type;

    /// <summary>The characters of %[…], with the ^.</summary>
    public ReadOnlySpan<char> Set;
}
