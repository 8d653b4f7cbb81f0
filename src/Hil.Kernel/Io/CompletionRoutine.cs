namespace Hil.Kernel;

// IoSetCompletionRoutineEx keeps the caller's driver loaded until its completion routine has returned: what is set in
// the IRP is the kernel's own routine, which holds a reference to the device for the time between.

public static unsafe partial class Ntoskrnl
{
    private const uint CompletionTag = 0x45_72_43_49; // ICrE

    /// <summary>Sets a completion routine that cannot be called after its driver has been unloaded.</summary>
    /// <returns>STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: IoSetCompletionRoutineEx.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoSetCompletionRoutineEx(
        DEVICE_OBJECT* deviceObject,
        IRP* irp,
        DriverRoutine completionRoutine,
        void* context,
        BOOLEAN invokeOnSuccess,
        BOOLEAN invokeOnError,
        BOOLEAN invokeOnCancel)
    {
        NtKernel kernel = NtKernel.Current;
        var held = (HeldCompletion*)kernel.Pool.Allocate((nuint)sizeof(HeldCompletion), CompletionTag);
        if (held == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        *held = new HeldCompletion
        {
            Routine = completionRoutine,
            Context = context,
            Device = deviceObject,
            Wanted = Wanted(invokeOnSuccess, invokeOnError, invokeOnCancel),
        };
        ObfReferenceObject(deviceObject);

        // Called in every case, so that the reference is given back even if the driver's routine is not wanted.
        IoSetCompletionRoutine(irp, kernel.Io.HeldCompletion, held, true, true, true);
        return STATUS_SUCCESS;
    }

    internal static NTSTATUS CompleteHeld(DEVICE_OBJECT* deviceObject, IRP* irp, void* context)
    {
        HeldCompletion held = *PointerCheck.Follow<HeldCompletion>(context, "the context of IoSetCompletionRoutineEx");
        NtKernel.Current.Pool.Free(context);
        NTSTATUS status = STATUS_SUCCESS;
        if (WantsCompletion(irp, held.Wanted))
            status = new NTSTATUS((uint)Processor.Current.Call(held.Routine, deviceObject, irp, held.Context));
        else
            PropagatePending(irp);
        ObDereferenceObjectDeferDelete(held.Device);
        return status;
    }

    private static byte Wanted(bool onSuccess, bool onError, bool onCancel) => (byte)(
        (onSuccess ? SL_INVOKE_ON_SUCCESS : 0)
        | (onError ? SL_INVOKE_ON_ERROR : 0)
        | (onCancel ? SL_INVOKE_ON_CANCEL : 0));

    private struct HeldCompletion
    {
        public DriverRoutine Routine;
        public void* Context;
        public DEVICE_OBJECT* Device;
        public byte Wanted;
    }
}
