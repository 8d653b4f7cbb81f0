using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Frees pool, whatever its tag.</summary>
    /// <remarks>WDK: ExFreePool.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExFreePool(void* p) => FreePool((ulong)p, tag: 0);

    /// <summary>Frees pool that was allocated with a tag; another tag is a bug check, 0 matches any.</summary>
    /// <remarks>WDK: ExFreePoolWithTag. Windows compares the tag in protected, large and special pool only.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExFreePoolWithTag(void* p, uint tag) => FreePool((ulong)p, tag);

    /// <summary>As ExFreePoolWithTag; no extended parameter is known.</summary>
    /// <remarks>WDK: ExFreePool2.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExFreePool2(void* p, uint tag, POOL_EXTENDED_PARAMETER* extendedParameters, uint count) =>
        FreePool((ulong)p, tag);

    private static void FreePool(ulong address, uint tag)
    {
        NtKernel kernel = NtKernel.Current;
        ref PoolBlock block = ref kernel.Pool.Find(address);
        if (Unsafe.IsNullRef(ref block))
        {
            if (kernel.Io.SystemBuffers.TryFree(address))
                return;
            FailFreeOfNoPool(kernel, address);
        }
        if (block.State != PoolBlockState.Live)
            kernel.BugCheck(
                BugCheckCodes.BAD_POOL_CALLER, 7, 0, block.Bytes | (ulong)block.Tag << 32, address,
                $"the pool at 0x{address:x}, tag '{Pool.TagName(block.Tag)}', had been freed already");
        if (block.Address != address)
            kernel.BugCheck(
                BugCheckCodes.BAD_POOL_CALLER, 0x99, address, 0, 0,
                $"0x{address:x} was freed, which is inside the pool block at 0x{block.Address:x} and not its start");
        if (block.IsPaged && kernel.Processor.Irql > APC_LEVEL)
            kernel.BugCheck(
                BugCheckCodes.BAD_POOL_CALLER, 9, kernel.Processor.Irql.Value, (uint)POOL_TYPE.PagedPool, address,
                $"paged pool was freed at {kernel.Processor.Irql}; it can be at APC_LEVEL and below");
        if (tag != 0 && ((tag ^ block.Tag) & ~ProtectedPool) != 0)
            kernel.BugCheck(
                BugCheckCodes.BAD_POOL_CALLER, 0xA, address, block.Tag, tag,
                $"pool with tag '{Pool.TagName(block.Tag)}' was freed with tag '{Pool.TagName(tag)}'");
        CheckSlack(kernel, ref block);
        RequireNothingPending(kernel, block.Address, block.Bytes, "pool");
        kernel.Pool.Free(ref block);
    }

    private static void CheckSlack(NtKernel kernel, ref PoolBlock block)
    {
        ulong damage = kernel.Pool.FindDamage(ref block);
        if (damage == 0)
            return;
        bool isBehind = damage >= block.Address;
        ulong distance = isBehind ? damage - block.Address - block.Bytes : block.Address - damage;
        kernel.BugCheck(
            BugCheckCodes.SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, block.Address, damage, 0, isBehind ? 0x24u : 0x23u,
            $"a byte {distance} bytes {(isBehind ? "behind the end" : "before the start")} of the pool at "
            + $"0x{block.Address:x} ({block.Bytes} bytes, tag '{Pool.TagName(block.Tag)}') was overwritten");
    }

    [DoesNotReturn]
    private static void FailFreeOfNoPool(NtKernel kernel, ulong address)
    {
        ulong kernelBase = kernel.Services.Memory.KernelBase;
        if (address < kernelBase)
            kernel.BugCheck(BugCheckCodes.BAD_POOL_CALLER, 0x40, address, kernelBase, 0,
                address == 0 ? "a null pointer was freed" : $"0x{address:x} was freed, a user address");
        kernel.BugCheck(BugCheckCodes.BAD_POOL_CALLER, 0x46, address, 0, 0,
            $"0x{address:x} was freed, which is no pool");
    }
}
