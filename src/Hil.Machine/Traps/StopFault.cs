namespace Hil.Machine.Traps;

/// <summary>Turns a stop whose instruction has no access to its operand into the page fault that the instruction itself
/// would have taken.</summary>
internal static unsafe class StopFault
{
    private const ulong PageFaultVector = 14;
    private const ulong PresentError = 1;
    private const ulong WriteError = 2;

    public static VcpuExit Take(RamWindow ram, VcpuExit stop, ulong address, bool isWrite)
    {
        var frame = (TrapFrame*)stop.Frame;
        frame->Rip--; // It points behind the stop's one byte.
        frame->Cr2 = address;
        frame->Vector = PageFaultVector;
        frame->ErrorCode = (isWrite ? WriteError : 0) | (ram.AccessOf(address) != PageAccess.None ? PresentError : 0);
        return stop with { Value = PageFaultVector };
    }
}
