namespace Hil.Kernel;

/// <summary>What the WNODE_XXX structures have in common.</summary>
internal static unsafe class Wnode
{
    public const uint AllData = 1; // WNODE_FLAG_xxx
    public const uint SingleInstance = 2;
    public const uint SingleItem = 4;
    public const uint EventItem = 8;
    public const uint TooSmall = 0x20;
    public const uint StaticNames = 0x80; // WNODE_FLAG_STATIC_INSTANCE_NAMES
    public const uint MethodItem = 0x8000;

    /// <summary>WNODE_SINGLE_ITEM and WNODE_METHOD_ITEM up to what follows them, which sizeof would round up.</summary>
    public const uint ItemBytes = 68;

    private const uint TooSmallBytes = 56; // sizeof(WNODE_TOO_SMALL)

    /// <summary>Data begins at a multiple of 8, as the next of several nodes does.</summary>
    public static uint Align8(uint bytes) => (bytes + 7) & ~7u;

    public static bool HasRoomForTooSmall(uint bytes) => bytes >= TooSmallBytes;

    /// <summary>Says in a node how much room is needed.</summary>
    public static void SayTooSmall(WNODE_HEADER* header, uint needed)
    {
        header->BufferSize = TooSmallBytes;
        header->Flags |= TooSmall;
        *SizeNeeded(header) = needed;
    }

    /// <summary>Whether a provider has said so.</summary>
    public static bool IsTooSmall(WNODE_HEADER* header, out uint needed)
    {
        bool isTooSmall = (header->Flags & TooSmall) != 0;
        needed = isTooSmall ? *SizeNeeded(header) : 0;
        return isTooSmall;
    }

    private static uint* SizeNeeded(WNODE_HEADER* header) => (uint*)(header + 1);
}
