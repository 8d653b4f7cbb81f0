using System.Globalization;
using Hil.Kernel;
using Hil.Wdm;

namespace Hil.Cli.Output;

/// <summary>Kernel events in words.</summary>
internal static class EventText
{
    /// <summary>Whether a PnP event is a step of the device's life rather than a question about it.</summary>
    public static bool IsMilestone(in KernelEvent e) => (byte)e.B is WdmConstants.IRP_MN_START_DEVICE
        or WdmConstants.IRP_MN_STOP_DEVICE or WdmConstants.IRP_MN_QUERY_STOP_DEVICE
        or WdmConstants.IRP_MN_CANCEL_STOP_DEVICE
        or WdmConstants.IRP_MN_REMOVE_DEVICE or WdmConstants.IRP_MN_QUERY_REMOVE_DEVICE
        or WdmConstants.IRP_MN_CANCEL_REMOVE_DEVICE or WdmConstants.IRP_MN_SURPRISE_REMOVAL
        or WdmConstants.IRP_MN_DEVICE_ENUMERATED;

    public static string OfPnp(in KernelEvent e) => $"{e.Text} {new NTSTATUS((uint)e.C)}";

    /// <param name="modules">Names addresses in drivers, if given.</param>
    public static string Of(in KernelEvent e, ModuleTable? modules = null) => e.Kind switch
    {
        KernelEventKind.KernelCall => $"{Name(e.A)}(0x{e.C:x}) from {Place(e.B, modules)}",
        KernelEventKind.IrpDispatch => $"IRP 0x{e.A:x} {MajorFunctionName.Of((byte)e.C)} to device 0x{e.B:x}",
        KernelEventKind.IrpCreate => $"IRP 0x{e.A:x} allocated, number {e.B}",
        KernelEventKind.IrpQueued => $"IRP 0x{e.A:x} queued behind device 0x{e.B:x}",
        KernelEventKind.StartIo => $"StartIo IRP 0x{e.A:x}",
        KernelEventKind.StartIoReturned => $"StartIo returned, IRP 0x{e.A:x}",
        KernelEventKind.IrpComplete => $"IRP 0x{e.A:x} completed: {new NTSTATUS((uint)e.B)}, {e.C}",
        KernelEventKind.IrpFinished => $"IRP 0x{e.A:x} finished: {new NTSTATUS((uint)e.B)}, {e.C}",
        KernelEventKind.IrpCancel => $"IRP 0x{e.A:x} cancelled",
        KernelEventKind.IsrEnter => $"interrupt, vector 0x{e.A:x}",
        KernelEventKind.IsrLeave => $"service routine {(e.C != 0 ? "claimed" : "did not claim")} vector 0x{e.A:x}",
        KernelEventKind.InterruptUnclaimed => $"nobody claimed the interrupt of vector 0x{e.A:x}",
        KernelEventKind.InterruptStorm =>
            $"interrupt storm: line {e.A} was masked after {e.B} interrupts that nobody cleared; {Claim(e.C, modules)}",
        KernelEventKind.Violation when modules?.Find(e.A) != null => $"{e.Text}, at {modules.Describe(e.A)}",
        KernelEventKind.DpcEnter => $"DPC 0x{e.A:x}, routine {Place(e.B, modules)}",
        KernelEventKind.DpcLeave => $"DPC 0x{e.A:x} returned",
        KernelEventKind.ThreadSwitch => $"thread {e.A}",
        KernelEventKind.Register => Register(e),
        KernelEventKind.Pnp => OfPnp(e),
        KernelEventKind.BugCheck => $"bug check 0x{e.A:X}: {e.Text}",
        KernelEventKind.DebugPrint => $"DbgPrint: {e.Text?.TrimEnd('\r', '\n')}",
        KernelEventKind.ErrorLog => $"error log: {e.Text}",
        _ => e.Text ?? e.Kind.ToString(),
    };

    /// <summary>One line of a report: time, IRQL, event.</summary>
    public static string Line(in KernelEvent e, ModuleTable modules) => string.Create(CultureInfo.InvariantCulture,
        $"{e.Time / 10_000.0,12:0.000} ms  IRQL {e.Irql.Value,2}  {Of(e, modules)}");

    /// <summary>Whether a driver event is a warning of the loader.</summary>
    public static bool IsWarning(in KernelEvent e) => e.Text!.Contains(": warning: ", StringComparison.Ordinal);

    private static string Claim(ulong routine, ModuleTable? modules) =>
        routine == 0 ? "no service routine claimed them" : $"{Place(routine, modules)} claimed the last";

    private static string Place(ulong address, ModuleTable? modules) => modules?.Describe(address) ?? $"0x{address:x}";

    private static string Name(ulong id) =>
        id < (ulong)ExportTable.Functions.Length ? ExportTable.Functions[id].Name : $"export {id}";

    private static string Register(in KernelEvent e)
    {
        int bits = (int)(e.C & 0xFF) * 8;
        return (e.C & 0x100) != 0 ? $"write{bits} 0x{e.A:x} = 0x{e.B:x}" : $"read{bits} 0x{e.A:x} -> 0x{e.B:x}";
    }
}
