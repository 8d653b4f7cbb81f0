namespace Hil.Kernel;

// A request's priority is kept where Windows keeps it: in three bits of Irp->Flags, one more than its value, so that
// zero says that nobody has set one.

public static unsafe partial class Ntoskrnl
{
    private const int PriorityShift = 17;
    private const uint PriorityMask = 7u << PriorityShift;
    private const uint PagingHighPriority = 0x8000; // IRP_HIGH_PRIORITY_PAGING_IO.

    /// <summary>The priority of a request: normal until somebody sets another.</summary>
    /// <remarks>WDK: IoGetIoPriorityHint.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static IO_PRIORITY_HINT IoGetIoPriorityHint(IRP* irp)
    {
        uint stored = (irp->Flags & PriorityMask) >> PriorityShift;
        return stored is 0 or > (uint)IO_PRIORITY_HINT.MaxIoPriorityTypes
            ? IO_PRIORITY_HINT.IoPriorityNormal
            : (IO_PRIORITY_HINT)(stored - 1);
    }

    /// <summary>Sets the priority of a request, for the drivers below.</summary>
    /// <returns>STATUS_INVALID_PARAMETER for what is no priority.</returns>
    /// <remarks>WDK: IoSetIoPriorityHint.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoSetIoPriorityHint(IRP* irp, IO_PRIORITY_HINT priorityHint)
    {
        if (priorityHint is < IO_PRIORITY_HINT.IoPriorityVeryLow or >= IO_PRIORITY_HINT.MaxIoPriorityTypes)
            return STATUS_INVALID_PARAMETER;
        irp->Flags = (irp->Flags & ~PriorityMask) | (((uint)priorityHint + 1) << PriorityShift);
        return STATUS_SUCCESS;
    }

    /// <summary>The priority of a paging request; IoPagingPriorityInvalid for any other.</summary>
    /// <remarks>WDK: IoGetPagingIoPriority.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static IO_PAGING_PRIORITY IoGetPagingIoPriority(IRP* irp)
    {
        if ((irp->Flags & IRP_PAGING_IO) == 0)
            return IO_PAGING_PRIORITY.IoPagingPriorityInvalid;
        return (irp->Flags & PagingHighPriority) != 0
            ? IO_PAGING_PRIORITY.IoPagingPriorityHigh
            : IO_PAGING_PRIORITY.IoPagingPriorityNormal;
    }
}
