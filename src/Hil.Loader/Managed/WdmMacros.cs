using static Hil.Kernel.Ntoskrnl;

namespace Hil.Loader;

// What wdm.h has as macros and inline functions over exports, for managed drivers. Those that need no kernel are in
// WdmInlines, registers and ports in DeviceAccess, DMA operations in Hal. A managed driver's locals are host memory:
// exports that measure what they are given (strings, buffers, DEVICE_DESCRIPTION) want it in driver-visible memory,
// such as the device extension.

/// <summary>Macros of wdm.h that call the kernel, spelled as there.</summary>
public static unsafe class WdmMacros
{
    /// <remarks>WDK: IoRequestDpc.</remarks>
    public static void IoRequestDpc(DEVICE_OBJECT* deviceObject, IRP* irp, void* context) =>
        KeInsertQueueDpc(&deviceObject->Dpc, irp, context);

    /// <remarks>WDK: IoInitializeDpcRequest.</remarks>
    public static void IoInitializeDpcRequest(DEVICE_OBJECT* deviceObject, DriverRoutine dpcRoutine) =>
        KeInitializeDpc(&deviceObject->Dpc, dpcRoutine, deviceObject);

    /// <remarks>WDK: IoInitializeRemoveLock.</remarks>
    public static void IoInitializeRemoveLock(
        IO_REMOVE_LOCK* @lock, uint allocateTag, uint maxLockedMinutes, uint highWatermark) =>
        IoInitializeRemoveLockEx(@lock, allocateTag, maxLockedMinutes, highWatermark, (uint)sizeof(IO_REMOVE_LOCK));

    /// <remarks>WDK: IoAcquireRemoveLock.</remarks>
    public static NTSTATUS IoAcquireRemoveLock(IO_REMOVE_LOCK* removeLock, void* tag) =>
        IoAcquireRemoveLockEx(removeLock, tag, null, 1, (uint)sizeof(IO_REMOVE_LOCK));

    /// <remarks>WDK: IoReleaseRemoveLock.</remarks>
    public static void IoReleaseRemoveLock(IO_REMOVE_LOCK* removeLock, void* tag) =>
        IoReleaseRemoveLockEx(removeLock, tag, (uint)sizeof(IO_REMOVE_LOCK));

    /// <remarks>WDK: IoReleaseRemoveLockAndWait.</remarks>
    public static void IoReleaseRemoveLockAndWait(IO_REMOVE_LOCK* removeLock, void* tag) =>
        IoReleaseRemoveLockAndWaitEx(removeLock, tag, (uint)sizeof(IO_REMOVE_LOCK));

    /// <remarks>WDK: PPUT_DMA_ADAPTER.</remarks>
    public static void HalPutDmaAdapter(DMA_ADAPTER* dmaAdapter) =>
        Processor.Current.Call(dmaAdapter->DmaOperations->PutDmaAdapter, dmaAdapter);
}
