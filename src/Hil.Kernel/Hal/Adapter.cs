namespace Hil.Kernel;

// The exports that DMA had before IoGetDmaAdapter. An ADAPTER_OBJECT is a DMA adapter; these call the same operations.

public static unsafe partial class Hal
{
    /// <summary>As IoGetDmaAdapter.</summary>
    /// <remarks>WDK: HalGetAdapter (obsolete).</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static DMA_ADAPTER* HalGetAdapter(
        [UncheckedPointer] DEVICE_DESCRIPTION* deviceDescription, uint* numberOfMapRegisters) =>
        Ntoskrnl.IoGetDmaAdapter(null, deviceDescription, numberOfMapRegisters);

    /// <summary>Allocates memory that driver and device share; null on failure.</summary>
    /// <remarks>WDK: HalAllocateCommonBuffer (obsolete).</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void* HalAllocateCommonBuffer(
        DMA_ADAPTER* adapter, uint length, PHYSICAL_ADDRESS* logicalAddress, BOOLEAN cacheEnabled) =>
        (void*)Call(OperationsOf(adapter)->AllocateCommonBuffer,
            (ulong)adapter, length, (ulong)logicalAddress, cacheEnabled.Value);

    /// <summary>Frees a common buffer.</summary>
    /// <remarks>WDK: HalFreeCommonBuffer (obsolete).</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void HalFreeCommonBuffer(
        DMA_ADAPTER* adapter, uint length, PHYSICAL_ADDRESS logicalAddress, void* virtualAddress,
        BOOLEAN cacheEnabled) =>
        Call(OperationsOf(adapter)->FreeCommonBuffer,
            (ulong)adapter, length, logicalAddress.Value, (ulong)virtualAddress, cacheEnabled.Value);

    /// <summary>Calls the driver's routine when the adapter and enough map registers are free.</summary>
    /// <remarks>WDK: IoAllocateAdapterChannel (obsolete).</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoAllocateAdapterChannel(
        DMA_ADAPTER* adapter, DEVICE_OBJECT* deviceObject, uint numberOfMapRegisters, DriverRoutine executionRoutine,
        void* context) =>
        new((int)Call(OperationsOf(adapter)->AllocateAdapterChannel,
            (ulong)adapter, (ulong)deviceObject, numberOfMapRegisters, executionRoutine.Address, (ulong)context));

    /// <summary>As IoAllocateAdapterChannel, with the device and the context in a block.</summary>
    /// <param name="wcb">DeviceObject and DeviceContext go to the routine, with the device's current IRP.</param>
    /// <remarks>WDK: HalAllocateAdapterChannel (obsolete).</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS HalAllocateAdapterChannel(
        DMA_ADAPTER* adapter, WAIT_CONTEXT_BLOCK* wcb, uint numberOfMapRegisters, DriverRoutine executionRoutine) =>
        IoAllocateAdapterChannel(
            adapter, (DEVICE_OBJECT*)wcb->DeviceObject, numberOfMapRegisters, executionRoutine, wcb->DeviceContext);

    /// <summary>Bytes that are left to transfer on a system DMA channel: none, adapters are bus masters'.</summary>
    /// <remarks>WDK: HalReadDmaCounter (obsolete).</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static uint HalReadDmaCounter(DMA_ADAPTER* adapter) =>
        (uint)Call(OperationsOf(adapter)->ReadDmaCounter, (ulong)adapter);

    /// <summary>Maps part of a buffer for the device.</summary>
    /// <remarks>WDK: IoMapTransfer (obsolete).</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static PHYSICAL_ADDRESS IoMapTransfer(
        DMA_ADAPTER* adapter, MDL* mdl, void* mapRegisterBase, void* currentVa, uint* length, BOOLEAN writeToDevice) =>
        new(Call(OperationsOf(adapter)->MapTransfer,
            (ulong)adapter, (ulong)mdl, (ulong)mapRegisterBase, (ulong)currentVa, (ulong)length, writeToDevice.Value));

    /// <summary>Finishes a transfer: what the device wrote is in the buffer afterwards.</summary>
    /// <remarks>WDK: IoFlushAdapterBuffers (obsolete).</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN IoFlushAdapterBuffers(
        DMA_ADAPTER* adapter, MDL* mdl, void* mapRegisterBase, void* currentVa, uint length, BOOLEAN writeToDevice) =>
        Call(OperationsOf(adapter)->FlushAdapterBuffers,
            (ulong)adapter, (ulong)mdl, (ulong)mapRegisterBase, (ulong)currentVa, length, writeToDevice.Value) != 0;

    /// <summary>Gives the adapter back.</summary>
    /// <remarks>WDK: IoFreeAdapterChannel (obsolete).</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static void IoFreeAdapterChannel(DMA_ADAPTER* adapter) =>
        Call(OperationsOf(adapter)->FreeAdapterChannel, (ulong)adapter);

    /// <summary>Gives map registers back.</summary>
    /// <remarks>WDK: IoFreeMapRegisters (obsolete).</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static void IoFreeMapRegisters(DMA_ADAPTER* adapter, void* mapRegisterBase, uint numberOfMapRegisters) =>
        Call(OperationsOf(adapter)->FreeMapRegisters, (ulong)adapter, (ulong)mapRegisterBase, numberOfMapRegisters);

    private static DMA_OPERATIONS* OperationsOf(DMA_ADAPTER* adapter) =>
        PointerCheck.Follow<DMA_OPERATIONS>(adapter->DmaOperations, "DmaAdapter->DmaOperations");

    private static ulong Call(DriverRoutine operation, params ReadOnlySpan<ulong> arguments) =>
        Processor.Current.Call(operation, arguments);
}
