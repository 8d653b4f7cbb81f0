namespace Hil.Kernel;

// The pool-type parameter carries flags in its upper bits: nonexecutable, zeroed, raise on failure, fail instead of
// raise for quota. Bit 0 says paged. Of the kinds of nonpaged pool only ExAllocatePool2's NON_PAGED_EXECUTE is
// executable here, a departure: Windows lets code run in plain NonPagedPool too, and that is a mistake nobody should
// make today.

public static unsafe partial class Ntoskrnl
{
    private const uint UntaggedPool = 0x656E6F4E; // 'None', as Windows tags what ExAllocatePool gives out.
    private const uint ProtectedPool = 0x80000000;
    private const uint PagedPoolBit = 1;

    /// <summary>Allocates pool without a tag of its own; null on failure.</summary>
    /// <remarks>WDK: ExAllocatePool (obsolete).</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* ExAllocatePool(POOL_TYPE poolType, nuint numberOfBytes) =>
        ExAllocatePoolWithTag(poolType, numberOfBytes, UntaggedPool);

    /// <summary>Allocates pool, 16-byte aligned, page-aligned from a page size on; null on failure. Contents
    /// undefined.</summary>
    /// <remarks>WDK: ExAllocatePoolWithTag.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* ExAllocatePoolWithTag(POOL_TYPE poolType, nuint numberOfBytes, uint tag) =>
        AllocatePool(
            poolType, numberOfBytes, tag, isExecutable: false,
            raise: ((uint)poolType & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0);

    /// <summary>As ExAllocatePoolWithTag. Every allocation here succeeds or fails alike, whatever its
    /// priority.</summary>
    /// <remarks>WDK: ExAllocatePoolWithTagPriority.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* ExAllocatePoolWithTagPriority(
        POOL_TYPE poolType, nuint numberOfBytes, uint tag, EX_POOL_PRIORITY priority) =>
        ExAllocatePoolWithTag(poolType, numberOfBytes, tag);

    /// <summary>As ExAllocatePoolWithQuotaTag, untagged.</summary>
    /// <remarks>WDK: ExAllocatePoolWithQuota (obsolete).</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* ExAllocatePoolWithQuota(POOL_TYPE poolType, nuint numberOfBytes) =>
        ExAllocatePoolWithQuotaTag(poolType, numberOfBytes, UntaggedPool);

    /// <summary>Allocates pool; raises STATUS_INSUFFICIENT_RESOURCES on failure unless told to return null.</summary>
    /// <remarks>WDK: ExAllocatePoolWithQuotaTag. There is one process, without quota limits.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* ExAllocatePoolWithQuotaTag(POOL_TYPE poolType, nuint numberOfBytes, uint tag) =>
        AllocatePool(
            poolType, numberOfBytes, tag, isExecutable: false,
            raise: ((uint)poolType & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE) == 0);

    /// <summary>Allocates zeroed pool; null on failure.</summary>
    /// <remarks>WDK: ExAllocatePoolZero, inline in newer headers.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* ExAllocatePoolZero(POOL_TYPE poolType, nuint numberOfBytes, uint tag) =>
        ExAllocatePoolWithTag((POOL_TYPE)((uint)poolType | POOL_ZERO_ALLOCATION), numberOfBytes, tag);

    /// <summary>Allocates pool with undefined contents; null on failure.</summary>
    /// <remarks>WDK: ExAllocatePoolUninitialized, inline in newer headers.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* ExAllocatePoolUninitialized(POOL_TYPE poolType, nuint numberOfBytes, uint tag) =>
        ExAllocatePoolWithTag(poolType, numberOfBytes, tag);

    /// <summary>As ExAllocatePoolWithQuotaTag, zeroed.</summary>
    /// <remarks>WDK: ExAllocatePoolQuotaZero, inline in newer headers.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* ExAllocatePoolQuotaZero(POOL_TYPE poolType, nuint numberOfBytes, uint tag) =>
        ExAllocatePoolWithQuotaTag((POOL_TYPE)((uint)poolType | POOL_ZERO_ALLOCATION), numberOfBytes, tag);

    /// <summary>Allocates pool, zeroed unless POOL_FLAG_UNINITIALIZED says otherwise; null on failure and for bad
    /// flags.</summary>
    /// <remarks>WDK: ExAllocatePool2.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* ExAllocatePool2(ulong flags, nuint numberOfBytes, uint tag)
    {
        const ulong Kinds = POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED;
        bool raise = (flags & POOL_FLAG_RAISE_ON_FAILURE) != 0;
        if (!ulong.IsPow2(flags & Kinds) || tag == 0 || numberOfBytes == 0)
        {
            NtKernel.Current.Violation($"ExAllocatePool2 with flags 0x{flags:x}, {numberOfBytes} bytes, tag 0x{tag:x}: "
                + "it takes exactly one kind of pool, a size and a tag");
            return raise ? throw new GuestRaiseException(STATUS_INVALID_PARAMETER) : null;
        }
        uint type = (flags & POOL_FLAG_PAGED) != 0 ? PagedPoolBit : 0;
        if ((flags & POOL_FLAG_UNINITIALIZED) == 0)
            type |= POOL_ZERO_ALLOCATION;
        return AllocatePool(
            (POOL_TYPE)type, numberOfBytes, tag, (flags & POOL_FLAG_NON_PAGED_EXECUTE) != 0, raise);
    }

    /// <summary>As ExAllocatePool2 with further parameters, of which priority and preferred node change nothing
    /// here.</summary>
    /// <remarks>WDK: ExAllocatePool3. Secure pool is refused.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* ExAllocatePool3(
        ulong flags, nuint numberOfBytes, uint tag, POOL_EXTENDED_PARAMETER* extendedParameters, uint count)
    {
        for (uint i = 0; i < count; i++)
        {
            POOL_EXTENDED_PARAMETER* parameter =
                PointerCheck.Follow<POOL_EXTENDED_PARAMETER>(extendedParameters + i, "ExtendedParameters");
            bool isHarmless = parameter->Type is POOL_EXTENDED_PARAMETER_TYPE.PoolExtendedParameterPriority
                or POOL_EXTENDED_PARAMETER_TYPE.PoolExtendedParameterNumaNode;
            if (!isHarmless && !parameter->Optional)
                return (flags & POOL_FLAG_RAISE_ON_FAILURE) != 0
                    ? throw new GuestRaiseException(STATUS_NOT_SUPPORTED)
                    : null;
        }
        return ExAllocatePool2(flags, numberOfBytes, tag);
    }

    private static void* AllocatePool(POOL_TYPE poolType, nuint bytes, uint tag, bool isExecutable, bool raise)
    {
        NtKernel kernel = NtKernel.Current;
        bool isPaged = ((uint)poolType & PagedPoolBit) != 0;
        if (isPaged && kernel.Processor.Irql > APC_LEVEL)
            kernel.BugCheck(
                BugCheckCodes.BAD_POOL_CALLER, 8, kernel.Processor.Irql.Value, (uint)poolType, bytes,
                $"paged pool was allocated at {kernel.Processor.Irql}; it can be at APC_LEVEL and below");
        if (bytes == 0)
            kernel.Violation($"zero bytes of pool were allocated with tag '{Pool.TagName(tag)}'");
        bool zero = ((uint)poolType & POOL_ZERO_ALLOCATION) != 0;
        ulong address = kernel.Pool.AllocateForDriver(bytes, tag, isPaged, isExecutable, zero);
        if (address == 0 && raise)
            throw new GuestRaiseException(STATUS_INSUFFICIENT_RESOURCES, $"no memory for {bytes} bytes of pool");
        return (void*)address;
    }
}
