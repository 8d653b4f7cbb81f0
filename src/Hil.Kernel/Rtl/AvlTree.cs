namespace Hil.Kernel;

// A balanced tree in driver memory. The table's BalancedRoot is a header whose right child is the root, so that every
// node has a parent. Balance is the height of the right subtree less that of the left: -1, 0 or 1 between operations.
// The driver owns the memory, so every link is checked before it is followed.

/// <summary>Linking, unlinking and walking the nodes of RTL_AVL_TABLE.</summary>
internal static unsafe class AvlTree
{
    /// <summary>The first node in order under a node.</summary>
    public static RTL_BALANCED_LINKS* First(RTL_BALANCED_LINKS* node)
    {
        while (node->LeftChild != null)
            node = At(node->LeftChild);
        return node;
    }

    /// <summary>The next node in order, or null.</summary>
    public static RTL_BALANCED_LINKS* Next(RTL_BALANCED_LINKS* header, RTL_BALANCED_LINKS* node)
    {
        if (node->RightChild != null)
            return First(At(node->RightChild));
        while (At(node->Parent) != header && node->Parent->RightChild == node)
            node = node->Parent;
        return node->Parent == header ? null : node->Parent;
    }

    /// <summary>The node before, or null.</summary>
    public static RTL_BALANCED_LINKS* Previous(RTL_BALANCED_LINKS* header, RTL_BALANCED_LINKS* node)
    {
        if (node->LeftChild != null)
        {
            for (node = At(node->LeftChild); node->RightChild != null; node = At(node->RightChild))
            {
            }
            return node;
        }
        while (At(node->Parent) != header && node->Parent->LeftChild == node)
            node = node->Parent;
        return node->Parent == header ? null : node->Parent;
    }

    /// <summary>Hangs a new node under a parent that has no child on that side.</summary>
    public static void Insert(
        RTL_BALANCED_LINKS* header, RTL_BALANCED_LINKS* parent, RTL_BALANCED_LINKS* node, bool isRight)
    {
        *node = new RTL_BALANCED_LINKS { Parent = parent };
        if (isRight)
            parent->RightChild = node;
        else
            parent->LeftChild = node;
        while (parent != header)
        {
            parent->Balance += (sbyte)(parent->RightChild == node ? 1 : -1);
            if (parent->Balance == 0)
                return;
            if (parent->Balance is 2 or -2)
            {
                Rebalance(parent);
                return;
            }
            node = parent;
            parent = At(parent->Parent);
        }
    }

    public static void Remove(RTL_BALANCED_LINKS* header, RTL_BALANCED_LINKS* node)
    {
        RTL_BALANCED_LINKS* shrunk;
        bool isRight;
        if (node->LeftChild == null || node->RightChild == null)
        {
            shrunk = At(node->Parent);
            isRight = shrunk->RightChild == node;
            Replace(node, node->LeftChild != null ? At(node->LeftChild) : node->RightChild);
        }
        else
        {
            RTL_BALANCED_LINKS* successor = First(At(node->RightChild));
            isRight = successor->Parent == node;
            shrunk = isRight ? successor : At(successor->Parent);
            Replace(successor, successor->RightChild);
            successor->LeftChild = node->LeftChild;
            successor->RightChild = node->RightChild;
            successor->Balance = node->Balance;
            At(successor->LeftChild)->Parent = successor;
            if (successor->RightChild != null)
                At(successor->RightChild)->Parent = successor;
            Replace(node, successor);
        }
        Shrink(header, shrunk, isRight);
    }

    /// <summary>Checks a link and returns it.</summary>
    public static RTL_BALANCED_LINKS* At(RTL_BALANCED_LINKS* link) =>
        PointerCheck.Follow<RTL_BALANCED_LINKS>(link, "a link of an AVL table");

    // One side of a node became lower by one.
    private static void Shrink(RTL_BALANCED_LINKS* header, RTL_BALANCED_LINKS* node, bool isRight)
    {
        while (node != header)
        {
            RTL_BALANCED_LINKS* parent = At(node->Parent);
            bool wasRight = parent->RightChild == node;
            node->Balance += (sbyte)(isRight ? -1 : 1);
            if (node->Balance is 1 or -1)
                return;
            if (node->Balance != 0 && !Rebalance(node))
                return;
            node = parent;
            isRight = wasRight;
        }
    }

    // Rotates a node whose balance is 2 or -2. True when the subtree became lower.
    private static bool Rebalance(RTL_BALANCED_LINKS* node)
    {
        var heavy = (sbyte)Math.Sign(node->Balance);
        RTL_BALANCED_LINKS* child = At(heavy > 0 ? node->RightChild : node->LeftChild);
        if (child->Balance == -heavy)
        {
            RTL_BALANCED_LINKS* inner = At(heavy > 0 ? child->LeftChild : child->RightChild);
            RotateUp(inner);
            RotateUp(inner);
            node->Balance = (sbyte)(inner->Balance == heavy ? -heavy : 0);
            child->Balance = (sbyte)(inner->Balance == -heavy ? heavy : 0);
            inner->Balance = 0;
            return true;
        }
        RotateUp(child);
        bool isLower = child->Balance != 0;
        node->Balance = (sbyte)(isLower ? 0 : heavy);
        child->Balance = (sbyte)(isLower ? 0 : -heavy);
        return isLower;
    }

    private static void RotateUp(RTL_BALANCED_LINKS* node)
    {
        RTL_BALANCED_LINKS* parent = At(node->Parent);
        RTL_BALANCED_LINKS* moved;
        if (parent->LeftChild == node)
        {
            moved = parent->LeftChild = node->RightChild;
            Replace(parent, node);
            node->RightChild = parent;
        }
        else
        {
            moved = parent->RightChild = node->LeftChild;
            Replace(parent, node);
            node->LeftChild = parent;
        }
        parent->Parent = node;
        if (moved != null)
            At(moved)->Parent = parent;
    }

    // Puts another node, or none, where a node hangs.
    private static void Replace(RTL_BALANCED_LINKS* node, RTL_BALANCED_LINKS* other)
    {
        RTL_BALANCED_LINKS* parent = At(node->Parent);
        if (parent->LeftChild == node)
            parent->LeftChild = other;
        else
            parent->RightChild = other;
        if (other != null)
            At(other)->Parent = parent;
    }
}
