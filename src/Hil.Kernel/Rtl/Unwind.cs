namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Stores the return addresses of the caller's callers.</summary>
    /// <param name="framesToSkip">Frames to leave out, the caller's own first.</param>
    /// <param name="backTraceHash">May be null; gets the sum of the addresses.</param>
    /// <returns>How many were stored; 0 when a managed driver calls.</returns>
    /// <remarks>WDK: RtlCaptureStackBackTrace.</remarks>
    [Export]
    public static ushort RtlCaptureStackBackTrace(
        uint framesToSkip, uint framesToCapture, void** backTrace, uint* backTraceHash)
    {
        IReadOnlyList<ulong> frames = NtKernel.Current.Processor.TraceStack();
        ushort count = 0;
        ulong hash = 0;
        for (uint i = framesToSkip; i < frames.Count && count < framesToCapture; i++)
        {
            *PointerCheck.Follow<ulong>(backTrace + count++, "BackTrace") = frames[(int)i];
            hash += frames[(int)i];
        }
        if (backTraceHash != null)
            *backTraceHash = (uint)hash;
        return count;
    }

    /// <summary>Finds the image that holds an address.</summary>
    /// <returns>Its base, or null.</returns>
    /// <remarks>WDK: RtlPcToFileHeader.</remarks>
    [Export]
    public static void* RtlPcToFileHeader(void* pcValue, void** baseOfImage) =>
        *baseOfImage = (void*)(NtKernel.Current.Modules.Find((ulong)pcValue)?.Base ?? 0);

    /// <summary>Finds the exception table's entry for an address.</summary>
    /// <param name="historyTable">A cache that is not used; may be null.</param>
    /// <returns>Null in a leaf function and outside images.</returns>
    /// <remarks>WDK: RtlLookupFunctionEntry.</remarks>
    [Export]
    public static void* RtlLookupFunctionEntry(ulong controlPc, ulong* imageBase, void* historyTable)
    {
        LoadedModule? module = NtKernel.Current.Modules.Find(controlPc);
        if (module == null)
            return null;
        *imageBase = module.Base;
        bool found = module.TryFindFunction((uint)(controlPc - module.Base), out RuntimeFunction function);
        return found ? (void*)(module.Base + function.EntryRva) : null;
    }
}
