using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>The beginning of what ZwQuerySystemInformation counts of transfers and memory; the rest counts paging,
/// caches and switches of threads.</summary>
[StructLayout(LayoutKind.Sequential, Size = 312)]
public struct SYSTEM_PERFORMANCE_INFORMATION
{
    public long IdleProcessTime;
    public long IoReadTransferCount;
    public long IoWriteTransferCount;
    public long IoOtherTransferCount;
    public uint IoReadOperationCount;
    public uint IoWriteOperationCount;
    public uint IoOtherOperationCount;
    public uint AvailablePages;
    public uint CommittedPages;
    public uint CommitLimit;
    public uint PeakCommitment;
}
