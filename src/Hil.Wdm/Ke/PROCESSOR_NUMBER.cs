namespace Hil.Wdm;

/// <summary>A processor, by group and number.</summary>
public struct PROCESSOR_NUMBER
{
    public ushort Group;
    public byte Number;
    public byte Reserved;
}
