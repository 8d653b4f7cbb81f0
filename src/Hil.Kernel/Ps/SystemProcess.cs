namespace Hil.Kernel;

/// <summary>The one process there is: the system's. Drivers' threads and handles belong to it.</summary>
public sealed unsafe class SystemProcess
{
    private const int BlockBytes = 0x800; // Opaque to drivers but for its dispatcher header.
    private const uint Tag = 0x636F7250; // 'Proc'

    internal SystemProcess(NtKernel kernel)
    {
        Block = kernel.Pool.Allocate(BlockBytes, Tag, zero: true);
        Invariant.Holds(Block != null, "a new machine has room for its process");
        Ntoskrnl.InitializeHeader((DISPATCHER_HEADER*)Block, KOBJECTS.ProcessObject, BlockBytes, 0);
        kernel.Objects.Add(ObjectType.Process, Block);
        if (kernel.Data.TryFind("PsInitialSystemProcess", out ulong variable))
            *(void**)variable = Block;
    }

    /// <summary>What drivers see as PEPROCESS.</summary>
    public void* Block { get; }
}
