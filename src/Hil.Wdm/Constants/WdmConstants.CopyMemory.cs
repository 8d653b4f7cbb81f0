namespace Hil.Wdm;

// Flags of MmCopyMemory.
public static partial class WdmConstants
{
    public const uint MM_COPY_MEMORY_PHYSICAL = 1;
    public const uint MM_COPY_MEMORY_VIRTUAL = 2;
}
