namespace Hil.Kernel;

/// <summary>How wide an argument of a print conversion is, by its size prefix.</summary>
internal enum PrintSize : byte
{
    Default,
    Short,
    Long,
    Wide,
    Quad,
}

/// <summary>One conversion of a format string, such as %-08.3I64x.</summary>
internal ref struct PrintSpecification
{
    public bool IsLeft;
    public bool HasPlus;
    public bool HasBlank;
    public bool IsAlternate;
    public bool IsZeroPadded;
    public int Width;

    /// <summary>-1 when the format names none.</summary>
    public int Precision;
    public PrintSize Size;
    public char Type;
}
