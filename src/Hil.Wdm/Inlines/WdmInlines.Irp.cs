using System.Runtime.CompilerServices;

namespace Hil.Wdm;

// Stack locations lie behind the IRP, the lowest driver's first. CurrentLocation counts down from StackCount + 1
// (nobody's) to 1; CurrentStackLocation moves with it, so "next" is one below in memory.
public static unsafe partial class WdmInlines
{
    public static IO_STACK_LOCATION* IoGetCurrentIrpStackLocation(IRP* irp) => irp->Tail.Overlay.CurrentStackLocation;

    public static IO_STACK_LOCATION* IoGetNextIrpStackLocation(IRP* irp) => irp->Tail.Overlay.CurrentStackLocation - 1;

    public static void IoSetNextIrpStackLocation(IRP* irp)
    {
        irp->CurrentLocation--;
        irp->Tail.Overlay.CurrentStackLocation--;
    }

    /// <summary>Makes the next lower driver get this driver's own stack location.</summary>
    public static void IoSkipCurrentIrpStackLocation(IRP* irp)
    {
        irp->CurrentLocation++;
        irp->Tail.Overlay.CurrentStackLocation++;
    }

    /// <summary>Copies the parameters down, but neither completion routine nor control flags.</summary>
    public static void IoCopyCurrentIrpStackLocationToNext(IRP* irp)
    {
        IO_STACK_LOCATION* current = IoGetCurrentIrpStackLocation(irp);
        IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
        long bytes = (byte*)&current->CompletionRoutine - (byte*)current;
        Buffer.MemoryCopy(current, next, bytes, bytes);
        next->Control = 0;
    }

    public static void IoMarkIrpPending(IRP* irp) => IoGetCurrentIrpStackLocation(irp)->Control |= SL_PENDING_RETURNED;

    /// <summary>Sets what is called when the next lower driver completes the IRP.</summary>
    public static void IoSetCompletionRoutine(
        IRP* irp,
        DriverRoutine completionRoutine,
        void* context,
        bool invokeOnSuccess,
        bool invokeOnError,
        bool invokeOnCancel)
    {
        IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
        next->CompletionRoutine = completionRoutine;
        next->Context = context;
        next->Control = 0;
        if (invokeOnSuccess)
            next->Control = SL_INVOKE_ON_SUCCESS;
        if (invokeOnError)
            next->Control |= SL_INVOKE_ON_ERROR;
        if (invokeOnCancel)
            next->Control |= SL_INVOKE_ON_CANCEL;
    }

    /// <summary>Exchanges the cancel routine in one step and returns the old one.</summary>
    public static DriverRoutine IoSetCancelRoutine(IRP* irp, DriverRoutine cancelRoutine)
    {
        // SAFETY: DriverRoutine is one ulong.
        ref ulong field = ref Unsafe.As<DriverRoutine, ulong>(ref irp->CancelRoutine);
        return new DriverRoutine(Interlocked.Exchange(ref field, cancelRoutine.Address));
    }

    /// <summary>The size in bytes of an IRP with so many stack locations.</summary>
    public static ushort IoSizeOfIrp(int stackSize) => (ushort)(sizeof(IRP) + stackSize * sizeof(IO_STACK_LOCATION));

    /// <summary>Whether a status is one that a user can mend, by inserting a medium for instance.</summary>
    public static bool IoIsErrorUserInduced(NTSTATUS status) =>
        status == NtStatus.STATUS_DEVICE_NOT_READY
        || status == NtStatus.STATUS_IO_TIMEOUT
        || status == NtStatus.STATUS_MEDIA_WRITE_PROTECTED
        || status == NtStatus.STATUS_NO_MEDIA_IN_DEVICE
        || status == NtStatus.STATUS_VERIFY_REQUIRED
        || status == NtStatus.STATUS_UNRECOGNIZED_MEDIA
        || status == NtStatus.STATUS_WRONG_VOLUME;
}
