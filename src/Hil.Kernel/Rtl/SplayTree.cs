namespace Hil.Kernel;

// A splay tree (Sleator, Tarjan 1985) in driver memory: each node that is found is rotated to the root. The root is
// its own parent, as wdm.h's RtlIsRoot expects. The driver owns the memory, so every link is checked before it is
// followed.

/// <summary>Linking, unlinking and walking the nodes of RTL_GENERIC_TABLE.</summary>
internal static unsafe class SplayTree
{
    /// <summary>Rotates a node to the root, which it returns.</summary>
    public static RTL_SPLAY_LINKS* Splay(RTL_SPLAY_LINKS* node)
    {
        while (At(node->Parent) != node)
        {
            RTL_SPLAY_LINKS* parent = node->Parent;
            RTL_SPLAY_LINKS* grandparent = At(parent->Parent);
            bool isRight = parent->RightChild == node;
            if (grandparent != parent)
                RotateUp(grandparent->RightChild == parent == isRight ? parent : node);
            RotateUp(node);
        }
        return node;
    }

    /// <summary>Takes a node out and returns the new root, or null.</summary>
    public static RTL_SPLAY_LINKS* Remove(RTL_SPLAY_LINKS* node)
    {
        Splay(node);
        RTL_SPLAY_LINKS* left = Detach(node->LeftChild);
        RTL_SPLAY_LINKS* right = Detach(node->RightChild);
        if (left == null)
            return right;
        RTL_SPLAY_LINKS* last = Last(left);
        Splay(last);
        last->RightChild = right;
        if (right != null)
            right->Parent = last;
        return last;
    }

    /// <summary>The first node in order under a node.</summary>
    public static RTL_SPLAY_LINKS* First(RTL_SPLAY_LINKS* node)
    {
        while (node->LeftChild != null)
            node = At(node->LeftChild);
        return node;
    }

    /// <summary>The next node in order, or null.</summary>
    public static RTL_SPLAY_LINKS* Next(RTL_SPLAY_LINKS* node)
    {
        if (node->RightChild != null)
            return First(At(node->RightChild));
        while (At(node->Parent) != node && node->Parent->RightChild == node)
            node = node->Parent;
        return node->Parent == node ? null : node->Parent;
    }

    /// <summary>The last node in order under a node.</summary>
    public static RTL_SPLAY_LINKS* Last(RTL_SPLAY_LINKS* node)
    {
        while (node->RightChild != null)
            node = At(node->RightChild);
        return node;
    }

    /// <summary>The node before, or null.</summary>
    public static RTL_SPLAY_LINKS* Previous(RTL_SPLAY_LINKS* node)
    {
        if (node->LeftChild != null)
            return Last(At(node->LeftChild));
        while (At(node->Parent) != node && node->Parent->LeftChild == node)
            node = node->Parent;
        return node->Parent == node ? null : node->Parent;
    }

    /// <summary>Takes a node out without rotating others, and corrects the root.</summary>
    public static void RemoveInPlace(RTL_SPLAY_LINKS* node, RTL_SPLAY_LINKS** root)
    {
        if (node->LeftChild != null && node->RightChild != null)
        {
            RTL_SPLAY_LINKS* heir = Last(At(node->LeftChild));
            Replace(heir, heir->LeftChild, root);
            Adopt(heir, node->LeftChild, isRight: false);
            Adopt(heir, node->RightChild, isRight: true);
            Replace(node, heir, root);
        }
        else
        {
            Replace(node, node->LeftChild != null ? node->LeftChild : node->RightChild, root);
        }
    }

    /// <summary>Checks a link and returns it.</summary>
    public static RTL_SPLAY_LINKS* At(RTL_SPLAY_LINKS* link) =>
        PointerCheck.Follow<RTL_SPLAY_LINKS>(link, "a link of a generic table");

    private static void Adopt(RTL_SPLAY_LINKS* parent, RTL_SPLAY_LINKS* child, bool isRight)
    {
        if (isRight)
            parent->RightChild = child;
        else
            parent->LeftChild = child;
        if (child != null)
            At(child)->Parent = parent;
    }

    // Puts another node, or none, where a node hangs.
    private static void Replace(RTL_SPLAY_LINKS* node, RTL_SPLAY_LINKS* other, RTL_SPLAY_LINKS** root)
    {
        RTL_SPLAY_LINKS* parent = At(node->Parent);
        if (parent != node)
        {
            Adopt(parent, other, parent->RightChild == node);
            return;
        }
        Detach(other);
        *root = other;
    }

    private static RTL_SPLAY_LINKS* Detach(RTL_SPLAY_LINKS* child)
    {
        if (child != null)
            At(child)->Parent = child;
        return child;
    }

    private static void RotateUp(RTL_SPLAY_LINKS* node)
    {
        RTL_SPLAY_LINKS* parent = At(node->Parent);
        RTL_SPLAY_LINKS* grandparent = At(parent->Parent);
        RTL_SPLAY_LINKS* moved;
        if (parent->LeftChild == node)
        {
            moved = parent->LeftChild = node->RightChild;
            node->RightChild = parent;
        }
        else
        {
            moved = parent->RightChild = node->LeftChild;
            node->LeftChild = parent;
        }
        if (moved != null)
            At(moved)->Parent = parent;
        parent->Parent = node;
        node->Parent = grandparent == parent ? node : grandparent;
        if (grandparent == parent)
            return;
        if (grandparent->LeftChild == parent)
            grandparent->LeftChild = node;
        else
            grandparent->RightChild = node;
    }
}
