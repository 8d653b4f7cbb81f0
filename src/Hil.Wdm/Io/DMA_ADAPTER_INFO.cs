using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>What GetDmaAdapterInfo tells about an adapter.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct DMA_ADAPTER_INFO
{
    public uint Version;
    public DMA_ADAPTER_INFO_V1 V1;
}
