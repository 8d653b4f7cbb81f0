namespace Hil.Wdm;

/// <summary>A link of a doubly linked list, and its head.</summary>
public unsafe struct LIST_ENTRY
{
    public LIST_ENTRY* Flink;
    public LIST_ENTRY* Blink;
}
