using System.Runtime.CompilerServices;

namespace Hil.Kernel;

// The I/O manager's own part of a completion. Windows does the second half of it in the thread that asked (as an APC,
// because the user's addresses mean something only there). Here there is one address space, so all of it is done at
// once: unlock, copy back, free, then report. The report comes last, because setting an event may let the waiter run.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Ends an IRP whose completion has come to the top of its stack.</summary>
    private static void FinishIrp(IRP* irp, sbyte priorityBoost)
    {
        NtKernel kernel = NtKernel.Current;
        kernel.Scheduler.NoteProgress();
        kernel.Processor.NoteManagedProgress();
        kernel.Events.Add(
            KernelEventKind.IrpFinished, (ulong)irp, (uint)irp->IoStatus.Status.Value, irp->IoStatus.Information);
        if ((irp->Flags & IRP_ASSOCIATED_IRP) != 0)
        {
            FinishAssociated(irp, priorityBoost);
            return;
        }

        IoOperation? operation = RecordOf(kernel, irp).Operation;
        if (operation == null && irp->Tail.Overlay.Thread == null)
            FailIrp(
                BugCheckCodes.MULTIPLE_IRP_COMPLETE_REQUESTS, (ulong)irp, 0,
                "the IRP belongs to a driver and came to the top of its stack: no completion routine took it back, "
                + "or it was completed again after one had");
        FreeAuxiliaryBuffer(irp);
        ReleaseMdls(irp);
        CopyBack(kernel, irp);
        IrpOutcome outcome = CheckedOutcome(kernel, irp);
        FreeIrp(irp);
        if (operation != null)
            operation.Finish(outcome.Status, outcome.Information, outcome.WasPending);
        else
            Report(outcome, priorityBoost);
    }

    private static void FinishAssociated(IRP* irp, sbyte priorityBoost)
    {
        IRP* master = irp->AssociatedIrp.MasterIrp;
        RequireInWindow(master, (nuint)sizeof(IRP), "Irp->AssociatedIrp.MasterIrp");
        ReleaseMdls(irp);
        FreeIrp(irp);
        if (master->Type != IO_TYPE_IRP)
            FailIrp(
                BugCheckCodes.MULTIPLE_IRP_COMPLETE_REQUESTS, (ulong)master, 0,
                "an associated IRP was completed after its master");
        if (--master->AssociatedIrp.IrpCount == 0)
            IofCompleteRequest(master, priorityBoost);
    }

    private static void FreeAuxiliaryBuffer(IRP* irp)
    {
        if (irp->Tail.Overlay.AuxiliaryBuffer != null)
            ExFreePool(irp->Tail.Overlay.AuxiliaryBuffer);
        irp->Tail.Overlay.AuxiliaryBuffer = null;
    }

    private static void ReleaseMdls(IRP* irp)
    {
        for (MDL* mdl = irp->MdlAddress; mdl != null;)
        {
            RequireInWindow(mdl, (nuint)sizeof(MDL), "Irp->MdlAddress");
            MDL* next = mdl->Next;
            if ((mdl->MdlFlags & MDL_PAGES_LOCKED) != 0)
                MmUnlockPages(mdl);
            IoFreeMdl(mdl);
            mdl = next;
        }
        irp->MdlAddress = null;
    }

    // Buffered input reaches its buffer unless the request failed; a warning such as STATUS_BUFFER_OVERFLOW carries
    // data.
    private static void CopyBack(NtKernel kernel, IRP* irp)
    {
        if ((irp->Flags & IRP_BUFFERED_IO) == 0)
            return;
        NTSTATUS status = irp->IoStatus.Status;
        void* systemBuffer = irp->AssociatedIrp.SystemBuffer;
        if ((irp->Flags & IRP_INPUT_OPERATION) != 0 && !status.IsError && status != STATUS_VERIFY_REQUIRED)
            CopyToUser(kernel, irp);
        if ((irp->Flags & IRP_DEALLOCATE_BUFFER) != 0)
            kernel.Io.SystemBuffers.Free(systemBuffer);
        irp->Flags &= ~(IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER);
    }

    private static void CopyToUser(NtKernel kernel, IRP* irp)
    {
        IrpRecord record = RecordOf(kernel, irp);
        nuint bytes = irp->IoStatus.Information;
        if (bytes > record.OutputBytes && record.OutputBytes != 0)
        {
            kernel.Violation(
                $"a driver reported {bytes} bytes (IoStatus.Information) in a buffer of {record.OutputBytes} bytes");
            bytes = record.OutputBytes;
        }
        if (bytes == 0)
            return;
        RequireInWindow(irp->AssociatedIrp.SystemBuffer, bytes, "Irp->AssociatedIrp.SystemBuffer");
        if (irp->UserBuffer != record.UserBuffer)
            RequireInWindow(irp->UserBuffer, bytes, "Irp->UserBuffer");
        kernel.Io.Copy(irp->AssociatedIrp.SystemBuffer, irp->UserBuffer, bytes);
    }

    // An error that the dispatch routine returned at once is not reported a second time: its caller has the status
    // and does not wait (WDK: "IoBuildSynchronousFsdRequest").
    private static void Report(in IrpOutcome outcome, sbyte priorityBoost)
    {
        if (outcome.Status.IsError && !outcome.WasPending)
            return;
        if (outcome.UserIosb != null)
            *outcome.UserIosb = new IO_STATUS_BLOCK { Status = outcome.Status, Information = outcome.Information };
        if (outcome.UserEvent != null)
            KeSetEvent(outcome.UserEvent, priorityBoost, false);
    }

    private static IrpOutcome CheckedOutcome(NtKernel kernel, IRP* irp)
    {
        IrpRecord record = RecordOf(kernel, irp);
        if (irp->UserIosb != null && irp->UserIosb != record.UserIosb)
            RequireInWindow(irp->UserIosb, (nuint)sizeof(IO_STATUS_BLOCK), "Irp->UserIosb");
        if (irp->UserEvent != null && irp->UserEvent != record.UserEvent)
            RequireInWindow(irp->UserEvent, (nuint)sizeof(KEVENT), "Irp->UserEvent");
        return new IrpOutcome(irp);
    }

    private static IrpRecord RecordOf(NtKernel kernel, IRP* irp)
    {
        ref IrpRecord record = ref kernel.Io.Irps.Find(irp);
        return Unsafe.IsNullRef(ref record) ? default : record;
    }

    private static void RequireInWindow(void* address, nuint bytes, string what)
    {
        if (!PointerCheck.IsReadable((ulong)address, bytes))
            NtKernel.Current.BugCheck(
                BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, (ulong)address, 0, NtKernel.Current.Processor.DriverRip, 0,
                $"{what} is a wild pointer, 0x{(ulong)address:x}, in an IRP that was completed");
    }

    // What outlives the IRP.
    private readonly ref struct IrpOutcome(IRP* irp)
    {
        public readonly NTSTATUS Status = irp->IoStatus.Status;
        public readonly nuint Information = irp->IoStatus.Information;
        public readonly bool WasPending = irp->PendingReturned;
        public readonly IO_STATUS_BLOCK* UserIosb = irp->UserIosb;
        public readonly KEVENT* UserEvent = irp->UserEvent;
    }
}
