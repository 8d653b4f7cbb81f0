namespace Hil.Kernel;

/// <summary>Transfers that a driver programs piece by piece: AllocateAdapterChannel, MapTransfer,
/// FlushAdapterBuffers.</summary>
internal static unsafe class DmaChannel
{
    // First parameters of bug check 0xE6 (WDK: Bug Check 0xE6).
    private const ulong ChannelFreedTwice = 4;
    private const ulong RegistersFreedTwice = 5;

    public static NTSTATUS Allocate(
        DmaAdapter adapter, DEVICE_OBJECT* deviceObject, uint registers, DriverRoutine routine, void* context)
    {
        if (registers > adapter.RegistersMax)
            return STATUS_INSUFFICIENT_RESOURCES;
        DmaRequest request = adapter.NewRequest();
        request.Kind = DmaRequestKind.Channel;
        request.DeviceObject = deviceObject;
        request.Routine = routine;
        request.Context = context;
        request.Registers = registers;
        adapter.Submit(request);
        return STATUS_SUCCESS;
    }

    /// <summary>Gives channel and registers to a driver, and does with them what its routine answers.</summary>
    public static void Grant(DmaAdapter adapter, DmaRequest request)
    {
        NtKernel kernel = NtKernel.Current;
        MapRegisters registers = adapter.Take(request.Registers);
        adapter.Channel = registers;
        DEVICE_OBJECT* device = request.DeviceObject;
        KIRQL irql = Ntoskrnl.RaiseTo(DISPATCH_LEVEL);
        var action = (IO_ALLOCATION_ACTION)(uint)kernel.Processor.Call(
            request.Routine, device, device == null ? null : device->CurrentIrp, (void*)registers.Handle,
            request.Context);
        Ntoskrnl.KeLowerIrql(irql);
        Settle(adapter, registers, action);
    }

    // The routine may have freed channel or registers itself, and another may already own them.
    private static void Settle(DmaAdapter adapter, MapRegisters registers, IO_ALLOCATION_ACTION action)
    {
        if (action == IO_ALLOCATION_ACTION.KeepObject)
            return;
        if (adapter.Channel == registers)
            adapter.Channel = null;
        if (action == IO_ALLOCATION_ACTION.DeallocateObject && adapter.Registers.ContainsKey(registers.Handle))
            adapter.Return(registers);
        adapter.ServeWaiting();
    }

    public static ulong MapTransfer(
        DmaAdapter adapter, MDL* mdl, ulong registerBase, ulong virtualAddress, uint* length, bool toDevice)
    {
        DmaTransfer transfer = Part(adapter, mdl, registerBase, virtualAddress, *length, toDevice, "MapTransfer");
        ulong address = transfer.MapFirst(out uint piece);
        *length = piece;
        return address;
    }

    public static void Flush(
        DmaAdapter adapter, MDL* mdl, ulong registerBase, ulong virtualAddress, uint length, bool toDevice) =>
        Part(adapter, mdl, registerBase, virtualAddress, length, toDevice, "FlushAdapterBuffers").CopyBack();

    public static void FreeChannel(DmaAdapter adapter)
    {
        MapRegisters? registers = adapter.Channel;
        if (registers == null)
            NtKernel.Current.BugCheck(BugCheckCodes.DRIVER_VERIFIER_DMA_VIOLATION, ChannelFreedTwice, 1, 0, 0,
                "FreeAdapterChannel, but the driver owns no adapter channel");
        adapter.Channel = null;
        adapter.Return(registers);
        adapter.ServeWaiting();
    }

    public static void FreeRegisters(DmaAdapter adapter, ulong registerBase, uint count)
    {
        if (!adapter.Registers.TryGetValue(registerBase, out MapRegisters? registers) || registers.Count != count)
            NtKernel.Current.BugCheck(BugCheckCodes.DRIVER_VERIFIER_DMA_VIOLATION, RegistersFreedTwice, count, 0, 0,
                $"FreeMapRegisters of {count} registers at 0x{registerBase:x}, which the driver does not hold");
        if (adapter.Channel == registers)
            adapter.Channel = null;
        adapter.Return(registers);
        adapter.ServeWaiting();
    }

    private static DmaTransfer Part(
        DmaAdapter adapter, MDL* mdl, ulong registerBase, ulong virtualAddress, uint length, bool toDevice,
        string operation)
    {
        if (!adapter.Registers.TryGetValue(registerBase, out MapRegisters? registers))
            NtKernel.Current.BugCheck(BugCheckCodes.DRIVER_VERIFIER_DMA_VIOLATION, 0, registerBase, 0, 0,
                $"{operation} with map registers 0x{registerBase:x}, which the driver does not hold");
        return Part(adapter, mdl, registers, virtualAddress, length, toDevice, operation);
    }

    /// <summary>A checked part of a buffer: inside the MDL, whose pages are known.</summary>
    public static DmaTransfer Part(
        DmaAdapter adapter, MDL* mdl, MapRegisters? registers, ulong virtualAddress, uint length, bool toDevice,
        string operation)
    {
        const short HasPages = MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL;
        PointerCheck.Follow<MDL>(mdl, "Mdl");
        ulong offset = virtualAddress - (ulong)MmGetMdlVirtualAddress(mdl);
        if (length == 0 || offset >= mdl->ByteCount || length > mdl->ByteCount - offset)
            NtKernel.Current.BugCheck(BugCheckCodes.DRIVER_VERIFIER_DMA_VIOLATION, 0, 1, mdl->ByteCount, length,
                $"{operation} of {length} bytes at 0x{virtualAddress:x}, which is not part of the MDL's buffer");
        if ((mdl->MdlFlags & HasPages) == 0)
            NtKernel.Current.BugCheck(
                BugCheckCodes.DRIVER_VERIFIER_DMA_VIOLATION, 0, (ulong)mdl, (ushort)mdl->MdlFlags, 0,
                $"{operation} of an MDL whose pages are not locked");
        return new DmaTransfer(adapter, mdl, registers, virtualAddress, length, toDevice);
    }
}
