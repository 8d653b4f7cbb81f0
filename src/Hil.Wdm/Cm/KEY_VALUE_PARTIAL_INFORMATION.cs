namespace Hil.Wdm;

/// <summary>A registry value without its name; the data follows from Data on.</summary>
public unsafe struct KEY_VALUE_PARTIAL_INFORMATION
{
    public uint TitleIndex;
    public uint Type;
    public uint DataLength;
    public fixed byte Data[1];
}
