namespace Hil.Kernel;

// Everything a driver prints is recorded, a departure: on Windows, DbgPrintEx drops what the component's filter mask
// does not let through. Each line is one event; a line that a driver prints in pieces becomes several.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Prints to the debugger's log.</summary>
    /// <remarks>WDK: DbgPrint.</remarks>
    [Export]
    public static NTSTATUS DbgPrint([UncheckedPointer] byte* format, VarArgs arguments) =>
        vDbgPrintEx(0, 0, format, arguments.Slots);

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

    /// <summary>Tells whether messages of a component and level are shown: all are.</summary>
    /// <remarks>WDK: DbgQueryDebugFilterState.</remarks>
    [Export]
    public static NTSTATUS DbgQueryDebugFilterState(uint componentId, uint level) => new(1);

    /// <summary>As DbgPrint; whoever sits at the debugger might break in, but there is none.</summary>
    /// <remarks>WDK: DbgPrintReturnControlC.</remarks>
    [Export]
    public static NTSTATUS DbgPrintReturnControlC([UncheckedPointer] byte* format, VarArgs arguments) =>
        vDbgPrintEx(0, 0, format, arguments.Slots);

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
