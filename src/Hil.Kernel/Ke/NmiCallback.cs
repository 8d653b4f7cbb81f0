namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Registers a routine for non-maskable interrupts. No device here raises one.</summary>
    /// <returns>What KeDeregisterNmiCallback takes; null for want of memory.</returns>
    /// <remarks>WDK: KeRegisterNmiCallback.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void* KeRegisterNmiCallback(DriverRoutine callbackRoutine, void* context)
    {
        const uint Tag = 0x20696D4E; // 'Nmi '
        NtKernel kernel = NtKernel.Current;
        void* handle = kernel.Pool.Allocate(sizeof(ulong), Tag, zero: true);
        if (handle != null)
            kernel.NmiCallbacks.Add((nint)handle);
        return handle;
    }

    /// <summary>Undoes KeRegisterNmiCallback.</summary>
    /// <returns>STATUS_INVALID_HANDLE.</returns>
    /// <remarks>WDK: KeDeregisterNmiCallback.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS KeDeregisterNmiCallback(void* handle)
    {
        NtKernel kernel = NtKernel.Current;
        if (!kernel.NmiCallbacks.Remove((nint)handle))
            return STATUS_INVALID_HANDLE;
        kernel.Pool.Free(handle);
        return STATUS_SUCCESS;
    }
}
