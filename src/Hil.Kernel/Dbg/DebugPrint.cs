namespace Hil.Kernel;

// Everything a driver prints is recorded, a departure: on Windows, the components' filter masks let little through at
// first. What a driver has turned off by DbgSetDebugFilterState is dropped. Each line is one event; a line that a driver
// prints in pieces becomes several.

public static unsafe partial class Ntoskrnl
{
    // What DbgPrint prints as: DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL.
    private const uint DefaultComponent = 101;
    private const uint InfoLevel = 3;

    /// <summary>Prints to the debugger's log.</summary>
    /// <remarks>WDK: DbgPrint.</remarks>
    [Export]
    public static NTSTATUS DbgPrint([UncheckedPointer] byte* format, VarArgs arguments) =>
        vDbgPrintEx(DefaultComponent, InfoLevel, format, arguments.Slots);

    /// <summary>As DbgPrint, for a component and an importance.</summary>
    /// <remarks>WDK: DbgPrintEx.</remarks>
    [Export]
    public static NTSTATUS DbgPrintEx(
        uint componentId, uint level, [UncheckedPointer] byte* format, VarArgs arguments) =>
        vDbgPrintEx(componentId, level, format, arguments.Slots);

    /// <summary>As DbgPrintEx, with a va_list.</summary>
    /// <remarks>WDK: vDbgPrintEx.</remarks>
    [Export]
    public static NTSTATUS vDbgPrintEx(
        uint componentId, uint level, [UncheckedPointer] byte* format, [UncheckedPointer] ulong* arglist)
    {
        if (NtKernel.Current.DebugFilter.Shows(componentId, level))
            Print(FormatForDebugger(format, arglist));
        return STATUS_SUCCESS;
    }

    /// <summary>As vDbgPrintEx, with text in front.</summary>
    /// <remarks>WDK: vDbgPrintExWithPrefix.</remarks>
    [Export]
    public static NTSTATUS vDbgPrintExWithPrefix(
        [UncheckedPointer] byte* prefix, uint componentId, uint level, [UncheckedPointer] byte* format,
        [UncheckedPointer] ulong* arglist)
    {
        if (NtKernel.Current.DebugFilter.Shows(componentId, level))
            Print(AnsiText(prefix) + FormatForDebugger(format, arglist));
        return STATUS_SUCCESS;
    }

    /// <summary>Shows text on the screen of a system that starts. There is none: it goes where drivers print.</summary>
    /// <remarks>WDK: ZwDisplayString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwDisplayString(UNICODE_STRING* @string)
    {
        Print(DriverString.Read(@string));
        return STATUS_SUCCESS;
    }

    /// <summary>Prints a line for a managed driver.</summary>
    public static void DbgPrint(string text) => Print(text);

    /// <summary>Tells whether messages of a component and level are shown.</summary>
    /// <param name="level">0 to 31, or a mask of levels.</param>
    /// <returns>TRUE, as a status, or FALSE; STATUS_INVALID_PARAMETER_1 for a component that there is not.</returns>
    /// <remarks>WDK: DbgQueryDebugFilterState.</remarks>
    [Export]
    public static NTSTATUS DbgQueryDebugFilterState(uint componentId, uint level) =>
        componentId >= DebugFilter.Components ? STATUS_INVALID_PARAMETER_1
        : new NTSTATUS(NtKernel.Current.DebugFilter.Shows(componentId, level) ? 1u : 0u);

    /// <summary>Says whether messages of a component and level are shown; at first all are.</summary>
    /// <param name="level">0 to 31, or a mask of levels.</param>
    /// <returns>STATUS_INVALID_PARAMETER_1 for a component that there is not.</returns>
    /// <remarks>WDK: DbgSetDebugFilterState.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS DbgSetDebugFilterState(uint componentId, uint level, BOOLEAN state)
    {
        if (componentId >= DebugFilter.Components)
            return STATUS_INVALID_PARAMETER_1;
        NtKernel.Current.DebugFilter.Set(componentId, level, state);
        return STATUS_SUCCESS;
    }

    /// <summary>As DbgPrint; whoever sits at the debugger might break in, but there is none.</summary>
    /// <remarks>WDK: DbgPrintReturnControlC.</remarks>
    [Export]
    public static NTSTATUS DbgPrintReturnControlC([UncheckedPointer] byte* format, VarArgs arguments) =>
        vDbgPrintEx(DefaultComponent, InfoLevel, format, arguments.Slots);

    /// <summary>Prints a question to the debugger's log; nobody is there to answer.</summary>
    /// <returns>0: the number of characters received.</returns>
    /// <remarks>WDK: DbgPrompt.</remarks>
    [Export]
    public static uint DbgPrompt([UncheckedPointer] byte* prompt, [UncheckedPointer] byte* response, uint length)
    {
        Print(AnsiText(prompt));
        return 0;
    }

    private static string FormatForDebugger(byte* format, ulong* slots)
    {
        string text = PrintFormat.Narrow(format, slots, out bool usesCodePage);
        NtKernel kernel = NtKernel.Current;
        if (usesCodePage && kernel.Processor.Irql > PASSIVE_LEVEL)
            kernel.Violation(
                $"DbgPrint of wide characters at {kernel.Processor.Irql}; it can be at PASSIVE_LEVEL only");
        return text;
    }

    private static void Print(string text)
    {
        KernelEvents events = NtKernel.Current.Events;
        foreach (ReadOnlySpan<char> line in text.AsSpan().TrimEnd("\r\n").EnumerateLines())
            events.Add(KernelEventKind.DebugPrint, text: line.ToString());
    }

    private static string AnsiText(byte* text)
    {
        nuint bytes = DriverMemory.MeasureString(text, 1, "a print routine");
        return string.Create((int)bytes, (nint)text, static (characters, address) =>
        {
            for (int i = 0; i < characters.Length; i++)
                characters[i] = AnsiCodePage.ToChar(((byte*)address)[i]);
        });
    }
}
