namespace Hil.Kernel;

// There is never a debugger attached. A break into one that is not there is a breakpoint exception in the caller,
// which stops the machine unless the driver handles it; that is why drivers ask KdDebuggerNotPresent first.

public static unsafe partial class Ntoskrnl
{
    private const uint BreakpointStatus = 0x80000003;

    /// <summary>Breaks into the debugger: STATUS_BREAKPOINT is raised in the caller.</summary>
    /// <remarks>WDK: DbgBreakPoint.</remarks>
    [Export]
    public static void DbgBreakPoint() =>
        throw new GuestRaiseException(new NTSTATUS(BreakpointStatus), "DbgBreakPoint with no debugger attached");

    /// <summary>As DbgBreakPoint, with a status for the debugger.</summary>
    /// <remarks>WDK: DbgBreakPointWithStatus.</remarks>
    [Export]
    public static void DbgBreakPointWithStatus(uint status) =>
        throw new GuestRaiseException(
            new NTSTATUS(BreakpointStatus), $"DbgBreakPointWithStatus 0x{status:X} with no debugger attached");

    /// <summary>Reports a failed assertion; without a debugger, a breakpoint exception in the caller.</summary>
    /// <remarks>WDK: RtlAssert.</remarks>
    [Export]
    public static void RtlAssert(
        [UncheckedPointer] byte* failedAssertion, [UncheckedPointer] byte* fileName, uint lineNumber,
        [UncheckedPointer] byte* message)
    {
        string text = $"assertion failed: {AnsiText(failedAssertion)}, {AnsiText(fileName)} line {lineNumber}"
            + (message == null ? "" : ": " + AnsiText(message));
        Print(text);
        throw new GuestRaiseException(new NTSTATUS(BreakpointStatus), text);
    }

    /// <summary>Turns the kernel debugger on; there is none.</summary>
    /// <remarks>WDK: KdEnableDebugger.</remarks>
    [Export]
    public static NTSTATUS KdEnableDebugger() => STATUS_DEBUGGER_INACTIVE;

    /// <summary>Turns the kernel debugger off; there is none.</summary>
    /// <remarks>WDK: KdDisableDebugger.</remarks>
    [Export]
    public static NTSTATUS KdDisableDebugger() => STATUS_DEBUGGER_INACTIVE;

    /// <summary>Changes how the kernel may be debugged; nobody can.</summary>
    /// <returns>STATUS_DEBUGGER_INACTIVE, as on a system that was started without debugging.</returns>
    /// <remarks>WDK: KdChangeOption.</remarks>
    [Export]
    public static NTSTATUS KdChangeOption(
        uint option, uint inBufferBytes, void* inBuffer, uint outBufferBytes, void* outBuffer, uint* outBufferNeeded) =>
        STATUS_DEBUGGER_INACTIVE;

    /// <summary>Gives the kernel debugger an order; there is none.</summary>
    [Export]
    public static NTSTATUS KdSystemDebugControl(
        uint command, void* inputBuffer, uint inputBufferLength, void* outputBuffer, uint outputBufferLength,
        uint* returnLength, KPROCESSOR_MODE previousMode) => STATUS_DEBUGGER_INACTIVE;

    /// <summary>Asks for the debugger's state anew; TRUE when there is none.</summary>
    /// <remarks>WDK: KdRefreshDebuggerNotPresent.</remarks>
    [Export]
    public static BOOLEAN KdRefreshDebuggerNotPresent() => true;

    [ExportData("KdDebuggerEnabled", 1)]
    public static void InitializeKdDebuggerEnabled(byte* storage) => *storage = 0;

    [ExportData("KdDebuggerNotPresent", 1)]
    public static void InitializeKdDebuggerNotPresent(byte* storage) => *storage = 1;
}
