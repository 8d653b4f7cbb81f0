namespace Hil.Wdm;

/// <summary>A node of a splay tree.</summary>
public unsafe struct RTL_SPLAY_LINKS
{
    public RTL_SPLAY_LINKS* Parent;
    public RTL_SPLAY_LINKS* LeftChild;
    public RTL_SPLAY_LINKS* RightChild;
}
