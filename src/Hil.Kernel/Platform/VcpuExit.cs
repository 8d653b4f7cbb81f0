namespace Hil.Kernel.Platform;

/// <summary>Why the virtual processor handed control back to the kernel.</summary>
public enum VcpuExitReason : uint
{
    /// <summary>The called function returned; <see cref="VcpuExit.Value"/> is RAX.</summary>
    Returned = 1,

    /// <summary>Driver code called import number <see cref="VcpuExit.Value"/>; the frame is a
    /// KernelCallFrame.</summary>
    KernelCall = 2,

    /// <summary>Interrupt vector <see cref="VcpuExit.Value"/> cut into driver code; the frame is a TrapFrame.</summary>
    Interrupt = 3,

    /// <summary>Exception vector <see cref="VcpuExit.Value"/> in driver code; the frame is a TrapFrame.</summary>
    Fault = 4,

    /// <summary>The watchdog's NMI stopped code that would not come back, or, with <see cref="VcpuExit.Value"/> 0, its
    /// time was up before it was resumed; the frame is a TrapFrame.</summary>
    Watchdog = 5,

    /// <summary>Nothing was run: an interrupt was accepted first and waits in TryTakeInterrupt. Take it and
    /// try again.</summary>
    NotStarted = 6,

    /// <summary>Driver code has used up its slice of instructions; the frame is a TrapFrame.</summary>
    Slice = 7,
}

/// <summary>One exit from driver code.</summary>
/// <param name="Frame">Address of the saved frame, range-checked against the RAM window; 0 for Returned.</param>
/// <param name="Irql">CR8 of the driver code at the exit.</param>
public readonly record struct VcpuExit(VcpuExitReason Reason, KIRQL Irql, ulong Value, ulong Frame);
