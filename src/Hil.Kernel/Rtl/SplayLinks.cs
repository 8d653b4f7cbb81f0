namespace Hil.Kernel;

// Trees that a driver builds itself of RTL_SPLAY_LINKS (SplayTree.cs).

public static unsafe partial class Ntoskrnl
{
    /// <summary>Rotates a node to the root, which it returns.</summary>
    /// <remarks>WDK: RtlSplay.</remarks>
    [Export]
    public static RTL_SPLAY_LINKS* RtlSplay(RTL_SPLAY_LINKS* links) => SplayTree.Splay(links);

    /// <summary>Takes a node out of its tree and returns the new root, null for an empty tree.</summary>
    /// <remarks>WDK: RtlDelete.</remarks>
    [Export]
    public static RTL_SPLAY_LINKS* RtlDelete(RTL_SPLAY_LINKS* links) => SplayTree.Remove(links);

    /// <summary>Takes a node out of its tree without rotating others.</summary>
    /// <param name="root">Changed where the node was the root; null for an empty tree.</param>
    /// <remarks>WDK: RtlDeleteNoSplay.</remarks>
    [Export]
    public static void RtlDeleteNoSplay(RTL_SPLAY_LINKS* links, RTL_SPLAY_LINKS** root) =>
        SplayTree.RemoveInPlace(links, root);

    /// <summary>The first node in order of a node's right subtree, or null.</summary>
    /// <remarks>WDK: RtlSubtreeSuccessor.</remarks>
    [Export]
    public static RTL_SPLAY_LINKS* RtlSubtreeSuccessor(RTL_SPLAY_LINKS* links) =>
        links->RightChild == null ? null : SplayTree.First(SplayTree.At(links->RightChild));

    /// <summary>The last node in order of a node's left subtree, or null.</summary>
    /// <remarks>WDK: RtlSubtreePredecessor.</remarks>
    [Export]
    public static RTL_SPLAY_LINKS* RtlSubtreePredecessor(RTL_SPLAY_LINKS* links) =>
        links->LeftChild == null ? null : SplayTree.Last(SplayTree.At(links->LeftChild));

    /// <summary>The next node in order of the whole tree, or null.</summary>
    /// <remarks>WDK: RtlRealSuccessor.</remarks>
    [Export]
    public static RTL_SPLAY_LINKS* RtlRealSuccessor(RTL_SPLAY_LINKS* links) => SplayTree.Next(links);

    /// <summary>The node before in order of the whole tree, or null.</summary>
    /// <remarks>WDK: RtlRealPredecessor.</remarks>
    [Export]
    public static RTL_SPLAY_LINKS* RtlRealPredecessor(RTL_SPLAY_LINKS* links) => SplayTree.Previous(links);
}
