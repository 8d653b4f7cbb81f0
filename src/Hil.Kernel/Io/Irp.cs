using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hil.Kernel;

// An IRP is a header and a stack of locations, one for each driver below its sender. Its memory is the kernel's own
// pool; when it is freed it is cleared, so that a driver that still uses it finds neither type nor pointers. What
// must not depend on driver-visible memory (who frees it, who waits for it) is in the I/O manager's IrpTable.

public static unsafe partial class Ntoskrnl
{
    private const uint IrpTag = 0x20_70_72_49; // Irp<space>, as on Windows.

    /// <summary>Allocates an IRP.</summary>
    /// <param name="stackSize">Number of stack locations, at least 1.</param>
    /// <param name="chargeQuota">Only noted in the IRP: the system process has no quota that could run out.</param>
    /// <returns>Null when there is no memory.</returns>
    /// <remarks>WDK: IoAllocateIrp. Whoever allocates it frees it, from a completion routine as a rule.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static IRP* IoAllocateIrp(sbyte stackSize, BOOLEAN chargeQuota)
    {
        IRP* irp = AllocateIrp(stackSize, IrpOwner.Driver);
        if (irp != null && chargeQuota)
            irp->AllocationFlags = IRP_QUOTA_CHARGED;
        return irp;
    }

    /// <inheritdoc cref="IoAllocateIrp"/>
    /// <remarks>WDK: IoAllocateIrpEx.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static IRP* IoAllocateIrpEx(DEVICE_OBJECT* deviceObject, sbyte stackSize, BOOLEAN chargeQuota) =>
        IoAllocateIrp(stackSize, chargeQuota);

    /// <summary>Makes an IRP of memory that the driver owns.</summary>
    /// <param name="packetSize">IoSizeOfIrp(stackSize), in bytes.</param>
    /// <remarks>WDK: IoInitializeIrp. An IRP of IoAllocateIrp is set up already; use IoReuseIrp on it.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoInitializeIrp(IRP* irp, ushort packetSize, sbyte stackSize)
    {
        IrpTable irps = NtKernel.Current.Io.Irps;
        ref IrpRecord record = ref irps.Find(irp);
        if (Unsafe.IsNullRef(ref record))
            NoteCreated(irps.Add(irp, IrpOwner.Memory), irp);
        SetUp(irp, packetSize, stackSize);
    }

    /// <summary>Makes an IRP that came back to its owner ready to be sent again.</summary>
    /// <remarks>WDK: IoReuseIrp. Not for IRPs of the IoBuild routines that the I/O manager frees.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoReuseIrp(IRP* irp, NTSTATUS status)
    {
        RequireFreeableIrp(irp);
        byte allocationFlags = irp->AllocationFlags;
        SetUp(irp, irp->Size, irp->StackCount);
        irp->AllocationFlags = allocationFlags;
        irp->IoStatus.Status = status;
    }

    /// <summary>Frees an IRP of IoAllocateIrp.</summary>
    /// <remarks>WDK: IoFreeIrp. An IRP that was freed before is bug check MULTIPLE_IRP_COMPLETE_REQUESTS; one that
    /// the I/O manager will free is DRIVER_VERIFIER_IOMANAGER_VIOLATION 2.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoFreeIrp(IRP* irp)
    {
        RequireFreeableIrp(irp);
        NtKernel kernel = NtKernel.Current;
        ref IrpRecord record = ref kernel.Io.Irps.Find(irp);
        if (!Unsafe.IsNullRef(ref record) && record.Operation != null)
            FailIrp(
                BugCheckCodes.DRIVER_VERIFIER_IOMANAGER_VIOLATION, 2, (ulong)irp,
                "the driver freed an IRP that belongs to the I/O manager");
        if (!Unsafe.IsNullRef(ref record) && record.Owner == IrpOwner.Thread)
            kernel.Violation(
                "the driver freed an IRP that IoCompleteRequest frees (WDK: IoBuildDeviceIoControlRequest)");
        FreeIrp(irp);
    }

    /// <summary>Allocates an IRP that counts towards a master: the last one to complete completes the master.</summary>
    /// <returns>Null when there is no memory.</returns>
    /// <remarks>WDK: IoMakeAssociatedIrp. The caller sets the master's AssociatedIrp.IrpCount.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static IRP* IoMakeAssociatedIrp(IRP* irp, sbyte stackSize)
    {
        IRP* associated = AllocateIrp(stackSize, IrpOwner.Master);
        if (associated == null)
            return null;
        associated->Flags |= IRP_ASSOCIATED_IRP;
        associated->Tail.Overlay.Thread = irp->Tail.Overlay.Thread;
        associated->AssociatedIrp.MasterIrp = irp;
        return associated;
    }

    /// <summary>The process that asked for an IRP, null for an IRP of a driver's own. There is only the system
    /// process.</summary>
    /// <remarks>WDK: IoGetRequestorProcess.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* IoGetRequestorProcess(IRP* irp) =>
        irp->Tail.Overlay.Thread == null ? null : PsGetCurrentProcess();

    /// <summary>Id of the process that asked for an IRP, 0 for an IRP of a driver's own.</summary>
    /// <remarks>WDK: IoGetRequestorProcessId.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static uint IoGetRequestorProcessId(IRP* irp) =>
        irp->Tail.Overlay.Thread == null ? 0 : (uint)SystemProcessId;

    /// <summary>Whether whoever asked for an IRP waits for it: the routine was a synchronous one, or the file was
    /// opened for synchronous I/O. Of paging requests their own flag says.</summary>
    /// <remarks>WDK: IoIsOperationSynchronous.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN IoIsOperationSynchronous(IRP* irp)
    {
        if ((irp->Flags & IRP_PAGING_IO) != 0)
            return (irp->Flags & IRP_SYNCHRONOUS_PAGING_IO) != 0;
        FILE_OBJECT* file = IoGetCurrentIrpStackLocation(irp)->FileObject;
        return (irp->Flags & IRP_SYNCHRONOUS_API) != 0 || (file != null && (file->Flags & FO_SYNCHRONOUS_IO) != 0);
    }

    internal static IRP* AllocateIrp(sbyte stackSize, IrpOwner owner)
    {
        NtKernel kernel = NtKernel.Current;
        if (stackSize <= 0)
            return null;
        ushort bytes = IoSizeOfIrp(stackSize);
        var irp = (IRP*)kernel.Pool.Allocate(bytes, IrpTag);
        if (irp == null)
            return null;
        SetUp(irp, bytes, stackSize);
        ref IrpRecord record = ref kernel.Io.Irps.Add(irp, owner);
        record.Bytes = bytes;
        NoteCreated(record, irp);
        return irp;
    }

    private static void NoteCreated(in IrpRecord record, IRP* irp) =>
        NtKernel.Current.Events.Add(KernelEventKind.IrpCreate, (ulong)irp, (ulong)record.Id);

    internal static void FreeIrp(IRP* irp)
    {
        IoSystem io = NtKernel.Current.Io;
        ref IrpRecord record = ref io.Irps.Find(irp);
        bool isOurs = !Unsafe.IsNullRef(ref record) && record.Owner != IrpOwner.Memory;
        if (isOurs)
            io.FreedIrps.Add(irp, record.Bytes, record.Id);
        else
            *irp = default;
        io.Irps.Remove(irp);
    }

    private static void SetUp(IRP* irp, ushort bytes, sbyte stackSize)
    {
        NativeMemory.Clear(irp, bytes);
        irp->Type = IO_TYPE_IRP;
        irp->Size = bytes;
        irp->StackCount = stackSize;
        irp->CurrentLocation = (sbyte)(stackSize + 1);
        irp->Tail.Overlay.CurrentStackLocation = (IO_STACK_LOCATION*)(irp + 1) + stackSize;
        InitializeListHead(&irp->ThreadListEntry);
    }

    private static void RequireFreeableIrp(IRP* irp)
    {
        if (irp->Type != IO_TYPE_IRP)
            FailIrp(
                BugCheckCodes.MULTIPLE_IRP_COMPLETE_REQUESTS, (ulong)irp, 0,
                "the driver freed or reused what is no IRP (any more)");
    }

    // A stack location lies in its own IRP; an IRP whose pointer leads elsewhere was scribbled over.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RequireStackPointer(IRP* irp)
    {
        IO_STACK_LOCATION* expected = (IO_STACK_LOCATION*)(irp + 1) + irp->CurrentLocation - 1;
        if (irp->Tail.Overlay.CurrentStackLocation != expected)
            FailIrp(
                BugCheckCodes.DRIVER_VERIFIER_IOMANAGER_VIOLATION, 3, (ulong)irp,
                "the IRP is damaged: CurrentLocation and Tail.Overlay.CurrentStackLocation disagree");
    }

    [DoesNotReturn]
    private static void FailIrp(uint code, ulong p1, ulong p2, string reason) =>
        NtKernel.Current.BugCheck(code, p1, p2, 0, 0, reason);
}
