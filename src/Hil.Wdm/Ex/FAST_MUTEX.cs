namespace Hil.Wdm;

/// <summary>A mutex for code at APC_LEVEL and below.</summary>
public unsafe struct FAST_MUTEX
{
    public int Count;
    public KTHREAD* Owner;
    public uint Contention;
    public KEVENT Event;
    public uint OldIrql;
}
