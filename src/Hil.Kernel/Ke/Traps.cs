namespace Hil.Kernel;

// What Windows calls a fault by depends on where it hit: at DISPATCH_LEVEL and above any page fault of a driver is
// DRIVER_IRQL_NOT_LESS_OR_EQUAL, and one of the kernel's own routines IRQL_NOT_LESS_OR_EQUAL; below, an access in the
// user half raises STATUS_ACCESS_VIOLATION (which a driver may handle), one in the kernel half bug-checks at once (WDK:
// "Bug Check 0xA", "Bug Check 0x50", "Bug Check 0xD1", "Bug Check 0xFC").

/// <summary>Turns processor exceptions in driver code into structured exceptions or bug checks.</summary>
internal static unsafe class Traps
{
    private const ulong PageFaultWrite = 2;
    private const ulong PageFaultFetch = 0x10;

    /// <summary>Returns when the frame may be resumed; else the machine stops.</summary>
    public static void Serve(NtKernel kernel, VcpuExit exit)
    {
        var frame = (TrapFrame*)exit.Frame;
        switch (exit.Value)
        {
            case 14:
                ServePageFault(kernel, frame);
                break;
            case 3:
                Raise(kernel, exit, 0x80000003, "a breakpoint (int 3) with no debugger attached");
                break;
            case 8:
                kernel.BugCheck(BugCheckCodes.UNEXPECTED_KERNEL_MODE_TRAP, 8, frame->Cr2, frame->Rsp, frame->Rip,
                    DoubleFaultReason(kernel, frame));
                break;
            case 0x29:
                kernel.BugCheck(BugCheckCodes.KERNEL_SECURITY_CHECK_FAILURE, frame->Rcx & 0xFF, exit.Frame, 0, 0,
                    $"the driver failed fast (int 29h) with code {frame->Rcx & 0xFF}");
                break;
            case 0x2C:
                Raise(kernel, exit, 0xC0000420, "an assertion failed (int 2Ch)");
                break;
            case 0:
                Raise(kernel, exit, 0xC0000094, "the driver divided by zero");
                break;
            case 6:
                Raise(kernel, exit, 0xC000001D, "the driver executed an invalid instruction");
                break;
            case 13:
                // The processor does not say which address it was: all ones stands for it.
                StructuredExceptions.Raise(kernel, frame, 0xC0000005,
                    "general protection fault: a non-canonical address or a privileged operation",
                    information1: ulong.MaxValue);
                break;
            default:
                kernel.BugCheck(BugCheckCodes.UNEXPECTED_KERNEL_MODE_TRAP, exit.Value, frame->ErrorCode, frame->Rip, 0,
                    $"processor exception {exit.Value}");
                break;
        }
    }

    /// <summary>Driver code ran too long without coming back.</summary>
    public static void ServeWatchdog(NtKernel kernel, VcpuExit exit)
    {
        var frame = (TrapFrame*)exit.Frame;
        kernel.BugCheck(BugCheckCodes.DPC_WATCHDOG_VIOLATION, 0, 0, 0, frame->Rip,
            $"the driver did not come back: it spins at {kernel.Modules.Describe(frame->Rip)}, {exit.Irql}"
            + (kernel.Services.VirtualProcessor.IsInterruptible(exit.Frame) ? "" : ", with interrupts off"));
    }

    private static void ServePageFault(NtKernel kernel, TrapFrame* frame)
    {
        ulong address = frame->Cr2;
        bool isWrite = (frame->ErrorCode & PageFaultWrite) != 0;
        string access = (frame->ErrorCode & PageFaultFetch) != 0 ? "executed" : isWrite ? "wrote to" : "read from";
        if ((frame->ErrorCode & PageFaultFetch) != 0 && kernel.Services.Memory.AccessOf(address) != PageAccess.None)
            kernel.BugCheck(BugCheckCodes.ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, address, 0, (ulong)frame, 0,
                $"the driver executed data at 0x{address:x}");
        if (kernel.Pool.IsFreed(address))
            kernel.BugCheck(BugCheckCodes.DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL, address, isWrite ? 1u : 0,
                frame->Rip, 0, $"the driver {access} pool at 0x{address:x} that it had freed");
        if (kernel.Pool.IsBeyondEnd(address))
            kernel.BugCheck(BugCheckCodes.DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION, address, isWrite ? 1u : 0,
                frame->Rip, 0, $"the driver {access} 0x{address:x}, {kernel.Pool.DescribeEnd(address)}");
        string reason = address < 0x10000
            ? $"the driver {access} address 0x{address:x}, through a null pointer"
            : kernel.Scheduler.StackBelow(address) is { } stack
                ? $"the driver overflowed its stack (it {access} 0x{address:x}, limit 0x{stack.Limit:x})"
                : $"the driver {access} 0x{address:x}, which is not mapped";
        if (kernel.Processor.Irql >= DISPATCH_LEVEL)
            kernel.BugCheck(
                kernel.Modules.Find(frame->Rip) is { IsKernel: true }
                    ? BugCheckCodes.IRQL_NOT_LESS_OR_EQUAL
                    : BugCheckCodes.DRIVER_IRQL_NOT_LESS_OR_EQUAL,
                address, kernel.Processor.Irql.Value, isWrite ? 1u : 0, frame->Rip, reason);
        if (isWrite && kernel.Services.Memory.AccessOf(address) != PageAccess.None)
            kernel.BugCheck(BugCheckCodes.ATTEMPTED_WRITE_TO_READONLY_MEMORY, address, 0, (ulong)frame, 0,
                $"the driver wrote to read-only memory at 0x{address:x}");
        if (address < kernel.Services.Memory.KernelBase)
            StructuredExceptions.Raise(kernel, frame, 0xC0000005, reason, isWrite ? 1u : 0, address);
        else
            kernel.BugCheck(
                BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, address, isWrite ? 2u : 0, frame->Rip, 0, reason);
    }

    private static void Raise(NtKernel kernel, VcpuExit exit, uint status, string reason) =>
        StructuredExceptions.Raise(kernel, (TrapFrame*)exit.Frame, status, reason);

    private static string DoubleFaultReason(NtKernel kernel, TrapFrame* frame)
    {
        GuestStack? stack = kernel.Scheduler.StackBelow(frame->Rsp);
        return stack != null
            ? $"the driver overflowed its stack (RSP 0x{frame->Rsp:x}, limit 0x{stack.Limit:x})"
            : $"the stack pointer is no stack: RSP 0x{frame->Rsp:x}";
    }
}
