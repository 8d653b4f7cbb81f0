namespace Hil.Kernel;

// A descriptor has 32 bits for a length. Longer memory ranges are described in units of 2^8, 2^16 or 2^32 bytes
// (CM_RESOURCE_MEMORY_LARGE_40, _48, _64), which length and alignment must be multiples of.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Makes a descriptor one of a range of memory or ports.</summary>
    /// <returns>STATUS_UNSUCCESSFUL for a length that cannot be described, STATUS_INVALID_PARAMETER for another
    /// type.</returns>
    /// <remarks>WDK: RtlCmEncodeMemIoResource.</remarks>
    [Export]
    public static NTSTATUS RtlCmEncodeMemIoResource(
        CM_PARTIAL_RESOURCE_DESCRIPTOR* descriptor, byte type, ulong length, ulong start)
    {
        NTSTATUS status = ChooseUnit(type, length, 0, out int shift);
        if (status != STATUS_SUCCESS)
            return status;
        descriptor->Type = TypeOfUnit(type, shift);
        descriptor->Flags = FlagsOfUnit(descriptor->Flags, shift);
        descriptor->u.Generic.Start = new PHYSICAL_ADDRESS(start);
        descriptor->u.Generic.Length = (uint)(length >> shift);
        return STATUS_SUCCESS;
    }

    /// <summary>Length of the range that a descriptor of memory or ports is of.</summary>
    /// <param name="start">May be null; gets the first address.</param>
    /// <remarks>WDK: RtlCmDecodeMemIoResource.</remarks>
    [Export]
    public static ulong RtlCmDecodeMemIoResource(CM_PARTIAL_RESOURCE_DESCRIPTOR* descriptor, ulong* start)
    {
        if (start != null)
            *start = (ulong)descriptor->u.Generic.Start.QuadPart;
        return (ulong)descriptor->u.Generic.Length << UnitOf(descriptor->Type, descriptor->Flags);
    }

    /// <summary>As RtlCmEncodeMemIoResource, for what a device would do with.</summary>
    /// <remarks>WDK: RtlIoEncodeMemIoResource.</remarks>
    [Export]
    public static NTSTATUS RtlIoEncodeMemIoResource(
        IO_RESOURCE_DESCRIPTOR* descriptor, byte type, ulong length, ulong alignment, ulong minimumAddress,
        ulong maximumAddress)
    {
        NTSTATUS status = ChooseUnit(type, length, alignment, out int shift);
        if (status != STATUS_SUCCESS)
            return status;
        descriptor->Type = TypeOfUnit(type, shift);
        descriptor->Flags = FlagsOfUnit(descriptor->Flags, shift);
        descriptor->u.Generic.Length = (uint)(length >> shift);
        descriptor->u.Generic.Alignment = (uint)(alignment >> shift);
        descriptor->u.Generic.MinimumAddress = new PHYSICAL_ADDRESS(minimumAddress);
        descriptor->u.Generic.MaximumAddress = new PHYSICAL_ADDRESS(maximumAddress);
        return STATUS_SUCCESS;
    }

    /// <summary>As RtlCmDecodeMemIoResource, for what a device would do with; each result may be null.</summary>
    /// <remarks>WDK: RtlIoDecodeMemIoResource.</remarks>
    [Export]
    public static ulong RtlIoDecodeMemIoResource(
        IO_RESOURCE_DESCRIPTOR* descriptor, ulong* alignment, ulong* minimumAddress, ulong* maximumAddress)
    {
        int shift = UnitOf(descriptor->Type, descriptor->Flags);
        if (alignment != null)
            *alignment = (ulong)descriptor->u.Generic.Alignment << shift;
        if (minimumAddress != null)
            *minimumAddress = (ulong)descriptor->u.Generic.MinimumAddress.QuadPart;
        if (maximumAddress != null)
            *maximumAddress = (ulong)descriptor->u.Generic.MaximumAddress.QuadPart;
        return (ulong)descriptor->u.Generic.Length << shift;
    }

    /// <summary>The shortest length that a descriptor can have and that is not below another.</summary>
    /// <returns>STATUS_UNSUCCESSFUL when there is none.</returns>
    /// <remarks>WDK: RtlFindClosestEncodableLength.</remarks>
    [Export]
    public static NTSTATUS RtlFindClosestEncodableLength(ulong sourceLength, ulong* targetLength)
    {
        foreach (int shift in (ReadOnlySpan<int>)[0, 8, 16, 32])
        {
            ulong unit = 1ul << shift;
            if (sourceLength > (ulong)uint.MaxValue << shift)
                continue;
            *targetLength = (sourceLength + unit - 1) & ~(unit - 1);
            return STATUS_SUCCESS;
        }
        return STATUS_UNSUCCESSFUL;
    }

    private static NTSTATUS ChooseUnit(byte type, ulong length, ulong alignment, out int shift)
    {
        shift = 0;
        if (type is not (CmResourceTypeMemory or CmResourceTypeMemoryLarge or CmResourceTypePort))
            return STATUS_INVALID_PARAMETER;
        ulong rounded;
        if (RtlFindClosestEncodableLength(length, &rounded) != STATUS_SUCCESS || rounded != length)
            return STATUS_UNSUCCESSFUL;
        while (length > (ulong)uint.MaxValue << shift)
            shift = shift == 0 ? 8 : shift * 2;
        bool isAligned = (alignment & ((1ul << shift) - 1)) == 0 && alignment >> shift <= uint.MaxValue;
        return isAligned && (shift == 0 || type != CmResourceTypePort) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
    }

    private static byte TypeOfUnit(byte type, int shift) =>
        type == CmResourceTypePort ? type : shift == 0 ? CmResourceTypeMemory : CmResourceTypeMemoryLarge;

    private static ushort FlagsOfUnit(ushort flags, int shift)
    {
        int large = shift switch
        {
            8 => CM_RESOURCE_MEMORY_LARGE_40,
            16 => CM_RESOURCE_MEMORY_LARGE_48,
            32 => CM_RESOURCE_MEMORY_LARGE_64,
            _ => 0,
        };
        return (ushort)((flags & ~CM_RESOURCE_MEMORY_LARGE) | large);
    }

    private static int UnitOf(byte type, ushort flags) => (flags & CM_RESOURCE_MEMORY_LARGE) switch
    {
        _ when type != CmResourceTypeMemoryLarge => 0,
        CM_RESOURCE_MEMORY_LARGE_40 => 8,
        CM_RESOURCE_MEMORY_LARGE_48 => 16,
        CM_RESOURCE_MEMORY_LARGE_64 => 32,
        _ => 0,
    };
}
