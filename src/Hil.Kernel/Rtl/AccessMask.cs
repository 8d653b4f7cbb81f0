namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Puts the rights of an object's type in the place of generic ones.</summary>
    /// <remarks>WDK: RtlMapGenericMask.</remarks>
    [Export]
    public static void RtlMapGenericMask(uint* accessMask, GENERIC_MAPPING* genericMapping)
    {
        uint mask = *accessMask & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
        if ((*accessMask & GENERIC_READ) != 0)
            mask |= genericMapping->GenericRead;
        if ((*accessMask & GENERIC_WRITE) != 0)
            mask |= genericMapping->GenericWrite;
        if ((*accessMask & GENERIC_EXECUTE) != 0)
            mask |= genericMapping->GenericExecute;
        if ((*accessMask & GENERIC_ALL) != 0)
            mask |= genericMapping->GenericAll;
        *accessMask = mask;
    }

    /// <summary>Whether locally unique identifiers are the same.</summary>
    /// <remarks>WDK: RtlEqualLuid.</remarks>
    [Export]
    public static BOOLEAN RtlEqualLuid(LUID* luid1, LUID* luid2) =>
        luid1->LowPart == luid2->LowPart && luid1->HighPart == luid2->HighPart;
}
