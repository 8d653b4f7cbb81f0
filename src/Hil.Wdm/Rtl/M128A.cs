namespace Hil.Wdm;

/// <summary>One XMM register.</summary>
public struct M128A
{
    public ulong Low;
    public long High;
}
