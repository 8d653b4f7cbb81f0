using static Hil.Kernel.Ntoskrnl;

namespace Hil.Loader;

// What wdm.h has as macros and inline functions over exports, for managed drivers. Those that need no kernel are in
// WdmInlines. A managed driver's locals are host memory: exports that measure what they are given (strings, buffers,
// DEVICE_DESCRIPTION) want it in driver-visible memory, such as the device extension.

/// <summary>Macros of wdm.h that call the kernel, spelled as there.</summary>
public static unsafe class WdmMacros
{
    private const ulong RegisterWrite = 0x100; // in operand C of KernelEventKind.Register

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

    /// <remarks>WDK: READ_REGISTER_ULONG. An interrupt that came meanwhile is taken before this returns.</remarks>
    public static uint READ_REGISTER_ULONG(uint* register)
    {
        NtKernel kernel = NtKernel.Current;
        ulong physical = PhysicalOf(kernel, register);
        var value = (uint)kernel.Bus.ReadMemory(physical, sizeof(uint));
        kernel.Events.Add(KernelEventKind.Register, physical, value, sizeof(uint));
        kernel.Processor.ServicePendingInterrupts();
        return value;
    }

    /// <remarks>WDK: WRITE_REGISTER_ULONG. An interrupt that came meanwhile is taken before this returns.</remarks>
    public static void WRITE_REGISTER_ULONG(uint* register, uint value)
    {
        NtKernel kernel = NtKernel.Current;
        ulong physical = PhysicalOf(kernel, register);
        kernel.Events.Add(KernelEventKind.Register, physical, value, sizeof(uint) | RegisterWrite);
        kernel.Bus.WriteMemory(physical, sizeof(uint), value);
        kernel.Processor.ServicePendingInterrupts();
    }

    /// <remarks>WDK: PALLOCATE_ADAPTER_CHANNEL.</remarks>
    public static NTSTATUS IoAllocateAdapterChannel(
        DMA_ADAPTER* dmaAdapter, DEVICE_OBJECT* deviceObject, uint numberOfMapRegisters, DriverRoutine executionRoutine,
        void* context)
    {
        ReadOnlySpan<ulong> arguments =
            [(ulong)dmaAdapter, (ulong)deviceObject, numberOfMapRegisters, executionRoutine.Address, (ulong)context];
        return new NTSTATUS((int)Call(dmaAdapter->DmaOperations->AllocateAdapterChannel, arguments));
    }

    /// <remarks>WDK: PMAP_TRANSFER.</remarks>
    public static PHYSICAL_ADDRESS IoMapTransfer(
        DMA_ADAPTER* dmaAdapter, MDL* mdl, void* mapRegisterBase, void* currentVa, uint* length, BOOLEAN writeToDevice)
    {
        ReadOnlySpan<ulong> arguments =
        [
            (ulong)dmaAdapter, (ulong)mdl, (ulong)mapRegisterBase, (ulong)currentVa, (ulong)length, writeToDevice.Value,
        ];
        return new PHYSICAL_ADDRESS(Call(dmaAdapter->DmaOperations->MapTransfer, arguments));
    }

    /// <remarks>WDK: PFLUSH_ADAPTER_BUFFERS.</remarks>
    public static BOOLEAN IoFlushAdapterBuffers(
        DMA_ADAPTER* dmaAdapter, MDL* mdl, void* mapRegisterBase, void* currentVa, uint length, BOOLEAN writeToDevice)
    {
        ReadOnlySpan<ulong> arguments =
        [
            (ulong)dmaAdapter, (ulong)mdl, (ulong)mapRegisterBase, (ulong)currentVa, length, writeToDevice.Value,
        ];
        return (byte)Call(dmaAdapter->DmaOperations->FlushAdapterBuffers, arguments) != 0;
    }

    /// <remarks>WDK: PFREE_MAP_REGISTERS.</remarks>
    public static void IoFreeMapRegisters(DMA_ADAPTER* dmaAdapter, void* mapRegisterBase, uint numberOfMapRegisters) =>
        Call(dmaAdapter->DmaOperations->FreeMapRegisters,
            [(ulong)dmaAdapter, (ulong)mapRegisterBase, numberOfMapRegisters]);

    /// <remarks>WDK: PPUT_DMA_ADAPTER.</remarks>
    public static void HalPutDmaAdapter(DMA_ADAPTER* dmaAdapter) =>
        Call(dmaAdapter->DmaOperations->PutDmaAdapter, [(ulong)dmaAdapter]);

    private static ulong Call(DriverRoutine routine, ReadOnlySpan<ulong> arguments) =>
        NtKernel.Current.Processor.Call(routine, arguments);

    private static ulong PhysicalOf(NtKernel kernel, void* register)
    {
        if (!kernel.Services.Memory.TryTranslateDevice((ulong)register, out ulong physical))
            kernel.BugCheck(BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, (ulong)register, 0, 0, 0,
                $"a managed driver accessed a register at 0x{(ulong)register:x}, which MmMapIoSpace did not map");
        return physical;
    }
}
