namespace Hil.Wdm;

/// <summary>The priority of a paging request.</summary>
public enum IO_PAGING_PRIORITY
{
    IoPagingPriorityInvalid,
    IoPagingPriorityNormal,
    IoPagingPriorityHigh,
    IoPagingPriorityReserved1,
    IoPagingPriorityReserved2,
}
