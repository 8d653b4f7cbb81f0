namespace Hil.Wdm;

/// <summary>A link of a singly linked list.</summary>
public unsafe struct SINGLE_LIST_ENTRY
{
    public SINGLE_LIST_ENTRY* Next;
}
