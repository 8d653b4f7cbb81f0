namespace Hil.Wdm;

/// <summary>A registry value with its name; offsets count from the start of this structure.</summary>
public unsafe struct KEY_VALUE_FULL_INFORMATION
{
    public uint TitleIndex;
    public uint Type;
    public uint DataOffset;
    public uint DataLength;
    public uint NameLength;
    public fixed char Name[1];
}
