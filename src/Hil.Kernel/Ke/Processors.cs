namespace Hil.Kernel;

// There is one processor, number 0 of group 0.

public static unsafe partial class Ntoskrnl
{
    private const ushort AllGroups = 0xFFFF; // ALL_PROCESSOR_GROUPS
    private const nuint OnlyProcessor = 1;

    /// <summary>Number of processors.</summary>
    [ExportData("KeNumberProcessors", 1)]
    public static void InitializeKeNumberProcessors(byte* storage) => *storage = 1;

    /// <summary>Number of the current processor.</summary>
    /// <remarks>WDK: KeGetCurrentProcessorNumberEx.</remarks>
    [Export]
    public static uint KeGetCurrentProcessorNumberEx(PROCESSOR_NUMBER* procNumber)
    {
        if (procNumber != null)
            *procNumber = default;
        return 0;
    }

    /// <summary>Number of the current processor.</summary>
    /// <remarks>WDK: KeGetCurrentProcessorNumber.</remarks>
    [Export]
    public static uint KeGetCurrentProcessorNumber() => 0;

    /// <summary>Mask of the active processors.</summary>
    /// <remarks>WDK: KeQueryActiveProcessors.</remarks>
    [Export]
    public static nuint KeQueryActiveProcessors() => OnlyProcessor;

    /// <summary>Number of active processors, and their mask.</summary>
    /// <remarks>WDK: KeQueryActiveProcessorCount.</remarks>
    [Export]
    public static uint KeQueryActiveProcessorCount(nuint* activeProcessors)
    {
        if (activeProcessors != null)
            *activeProcessors = OnlyProcessor;
        return 1;
    }

    /// <summary>Number of active processors in a group; 0 for a group that does not exist.</summary>
    /// <remarks>WDK: KeQueryActiveProcessorCountEx.</remarks>
    [Export]
    public static uint KeQueryActiveProcessorCountEx(ushort groupNumber) => groupNumber is 0 or AllGroups ? 1u : 0;

    /// <summary>Most processors that there can be.</summary>
    /// <remarks>WDK: KeQueryMaximumProcessorCount.</remarks>
    [Export]
    public static uint KeQueryMaximumProcessorCount() => 1;

    /// <inheritdoc cref="KeQueryActiveProcessorCountEx"/>
    /// <remarks>WDK: KeQueryMaximumProcessorCountEx.</remarks>
    [Export]
    public static uint KeQueryMaximumProcessorCountEx(ushort groupNumber) => KeQueryActiveProcessorCountEx(groupNumber);

    /// <summary>Number of processor groups.</summary>
    /// <remarks>WDK: KeQueryActiveGroupCount.</remarks>
    [Export]
    public static ushort KeQueryActiveGroupCount() => 1;

    /// <summary>Index of a processor; INVALID_PROCESSOR_INDEX if there is none of that number.</summary>
    /// <remarks>WDK: KeGetProcessorIndexFromNumber.</remarks>
    [Export]
    public static uint KeGetProcessorIndexFromNumber(PROCESSOR_NUMBER* procNumber) =>
        procNumber->Group == 0 && procNumber->Number == 0 ? 0 : uint.MaxValue;

    /// <summary>Binds the running thread to processors; with one processor nothing changes.</summary>
    /// <remarks>WDK: KeSetSystemAffinityThread.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void KeSetSystemAffinityThread(nuint affinity) => KeSetSystemAffinityThreadEx(affinity);

    /// <summary>Binds the running thread to processors; returns what it was bound to before, 0 if to nothing.</summary>
    /// <remarks>WDK: KeSetSystemAffinityThreadEx.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static nuint KeSetSystemAffinityThreadEx(nuint affinity)
    {
        RequireAffinity(affinity);
        KernelThread thread = NtKernel.Current.Scheduler.CurrentThread;
        nuint previous = thread.IsBound ? OnlyProcessor : 0;
        thread.IsBound = true;
        return previous;
    }

    /// <summary>Undoes KeSetSystemAffinityThread.</summary>
    /// <remarks>WDK: KeRevertToUserAffinityThread.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void KeRevertToUserAffinityThread() => NtKernel.Current.Scheduler.CurrentThread.IsBound = false;

    /// <summary>Undoes KeSetSystemAffinityThreadEx.</summary>
    /// <param name="affinity">What that routine returned.</param>
    /// <remarks>WDK: KeRevertToUserAffinityThreadEx. Only 0 ends the binding.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void KeRevertToUserAffinityThreadEx(nuint affinity)
    {
        if (affinity == 0)
            KeRevertToUserAffinityThread();
    }

    /// <summary>Binds the running thread to a group's processors.</summary>
    /// <remarks>WDK: KeSetSystemGroupAffinityThread.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void KeSetSystemGroupAffinityThread(GROUP_AFFINITY* affinity, GROUP_AFFINITY* previousAffinity)
    {
        nuint previous = KeSetSystemAffinityThreadEx(affinity->Group == 0 ? affinity->Mask : 0);
        if (previousAffinity != null)
            *previousAffinity = new GROUP_AFFINITY { Mask = previous };
    }

    /// <summary>Undoes KeSetSystemGroupAffinityThread.</summary>
    /// <remarks>WDK: KeRevertToUserGroupAffinityThread.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void KeRevertToUserGroupAffinityThread(GROUP_AFFINITY* previousAffinity) =>
        KeRevertToUserAffinityThreadEx(previousAffinity->Mask);

    /// <summary>Calls a routine on every processor at IPI_LEVEL; returns what it returns.</summary>
    /// <remarks>WDK: KeIpiGenericCall.</remarks>
    [Export]
    public static nuint KeIpiGenericCall(DriverRoutine broadcastFunction, nuint context)
    {
        KIRQL old = RaiseTo(IPI_LEVEL);
        ulong result = Processor.Current.Call(broadcastFunction, context);
        LowerTo(old);
        return (nuint)result;
    }

    /// <summary>Flushes processor caches for a transfer; DMA is coherent here, as on every x64 machine.</summary>
    /// <remarks>WDK: KeFlushIoBuffers.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void KeFlushIoBuffers(MDL* mdl, BOOLEAN readOperation, BOOLEAN dmaOperation)
    {
    }

    /// <summary>Alignment in bytes that keeps data of different processors apart.</summary>
    /// <remarks>WDK: KeGetRecommendedSharedDataAlignment.</remarks>
    [Export]
    public static uint KeGetRecommendedSharedDataAlignment() => 64;

    /// <summary>Saves the floating-point state; on x64 it is preserved without that.</summary>
    /// <remarks>WDK: KeSaveFloatingPointState. The contract, not the contents, is checked: restore must
    /// follow.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS KeSaveFloatingPointState(KFLOATING_SAVE* floatSave)
    {
        floatSave->Dummy = 0;
        return STATUS_SUCCESS;
    }

    /// <summary>Restores the floating-point state.</summary>
    /// <remarks>WDK: KeRestoreFloatingPointState.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS KeRestoreFloatingPointState(KFLOATING_SAVE* floatSave) => STATUS_SUCCESS;

    /// <summary>Saves more than the floating-point state.</summary>
    /// <returns>STATUS_NOT_SUPPORTED for anything but the legacy state, which needs no saving.</returns>
    /// <remarks>WDK: KeSaveExtendedProcessorState.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS KeSaveExtendedProcessorState(ulong mask, void* xStateSave)
    {
        const ulong LegacyState = 3; // XSTATE_MASK_LEGACY: x87 and SSE.
        return (mask & ~LegacyState) == 0 ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
    }

    /// <summary>Undoes KeSaveExtendedProcessorState.</summary>
    /// <remarks>WDK: KeRestoreExtendedProcessorState.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void KeRestoreExtendedProcessorState(void* xStateSave)
    {
    }

    /// <summary>TRUE if every processor has a feature (PF_XXX): what each x64 processor has, nothing beyond.</summary>
    /// <remarks>WDK: ExIsProcessorFeaturePresent.</remarks>
    [Export]
    public static BOOLEAN ExIsProcessorFeaturePresent(uint processorFeature)
    {
        const uint CompareExchangeDouble = 2, Mmx = 3, Xmmi = 6, Rdtsc = 8, Pae = 9, Xmmi64 = 10, Nx = 12, Sse3 = 13,
            CompareExchange128 = 14;
        return processorFeature is CompareExchangeDouble or Mmx or Xmmi or Rdtsc or Pae or Xmmi64 or Nx or Sse3
            or CompareExchange128;
    }

    private static void RequireAffinity(nuint affinity)
    {
        if ((affinity & OnlyProcessor) == 0)
            NtKernel.Current.Violation($"affinity 0x{affinity:x} names no processor that exists");
    }
}
