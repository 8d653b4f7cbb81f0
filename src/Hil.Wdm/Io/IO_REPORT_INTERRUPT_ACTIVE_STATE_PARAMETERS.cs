using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>What IoReportInterruptActive and IoReportInterruptInactive take.</summary>
public unsafe struct IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS
{
    public uint Version;
    public ConnectionContextUnion ConnectionContext;

    [StructLayout(LayoutKind.Explicit)]
    public struct ConnectionContextUnion
    {
        [FieldOffset(0)] public void* Generic;
        [FieldOffset(0)] public KINTERRUPT* InterruptObject;
        [FieldOffset(0)] public IO_INTERRUPT_MESSAGE_INFO* InterruptMessageTable;
    }
}
