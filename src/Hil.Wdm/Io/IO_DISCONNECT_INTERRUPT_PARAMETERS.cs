using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>What IoDisconnectInterruptEx takes.</summary>
public unsafe struct IO_DISCONNECT_INTERRUPT_PARAMETERS
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
