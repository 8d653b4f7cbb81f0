namespace Hil.Wdm;

/// <summary>A node of an AVL tree.</summary>
public unsafe struct RTL_BALANCED_LINKS
{
    public RTL_BALANCED_LINKS* Parent;
    public RTL_BALANCED_LINKS* LeftChild;
    public RTL_BALANCED_LINKS* RightChild;
    public sbyte Balance;
    public fixed byte Reserved[3];
}
