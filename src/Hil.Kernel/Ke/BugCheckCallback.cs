namespace Hil.Kernel;

// A driver's last word when the machine stops: its callbacks run at HIGH_LEVEL, on a stack of their own, before
// anything else ends. No crash dump is written here, so callbacks that accompany its writing (KbCallbackDumpIo) or
// thin it out are not called; those that give data for it are asked for them, as if it was.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Registers a routine that is called with a buffer when the machine stops.</summary>
    /// <returns>FALSE if the record is registered already.</returns>
    /// <remarks>WDK: KeRegisterBugCheckCallback.</remarks>
    [Export]
    public static BOOLEAN KeRegisterBugCheckCallback(
        KBUGCHECK_CALLBACK_RECORD* callbackRecord, DriverRoutine callbackRoutine, void* buffer, uint length,
        byte* component)
    {
        if (!NtKernel.Current.BugCheckCallbacks.Add((ulong)callbackRecord, hasReason: false))
            return false;
        *callbackRecord = new KBUGCHECK_CALLBACK_RECORD
        {
            CallbackRoutine = callbackRoutine,
            Buffer = buffer,
            Length = length,
            Component = component,
            State = (byte)KBUGCHECK_BUFFER_DUMP_STATE.BufferInserted,
        };
        return true;
    }

    /// <summary>Undoes KeRegisterBugCheckCallback.</summary>
    /// <returns>FALSE if the record is not registered.</returns>
    /// <remarks>WDK: KeDeregisterBugCheckCallback.</remarks>
    [Export]
    public static BOOLEAN KeDeregisterBugCheckCallback(KBUGCHECK_CALLBACK_RECORD* callbackRecord)
    {
        if (!NtKernel.Current.BugCheckCallbacks.Remove((ulong)callbackRecord))
            return false;
        callbackRecord->State = (byte)KBUGCHECK_BUFFER_DUMP_STATE.BufferEmpty;
        return true;
    }

    /// <summary>Registers a routine that gives data for the crash dump when the machine stops.</summary>
    /// <returns>FALSE if the record is registered already, and for a reason that does not exist.</returns>
    /// <remarks>WDK: KeRegisterBugCheckReasonCallback.</remarks>
    [Export]
    public static BOOLEAN KeRegisterBugCheckReasonCallback(
        KBUGCHECK_REASON_CALLBACK_RECORD* callbackRecord, DriverRoutine callbackRoutine,
        KBUGCHECK_CALLBACK_REASON reason, byte* component)
    {
        bool isReason = reason is >= KBUGCHECK_CALLBACK_REASON.KbCallbackSecondaryDumpData
            and <= KBUGCHECK_CALLBACK_REASON.KbCallbackTriageDumpData;
        if (!isReason || !NtKernel.Current.BugCheckCallbacks.Add((ulong)callbackRecord, hasReason: true))
            return false;
        *callbackRecord = new KBUGCHECK_REASON_CALLBACK_RECORD
        {
            CallbackRoutine = callbackRoutine,
            Component = component,
            Reason = reason,
            State = (byte)KBUGCHECK_BUFFER_DUMP_STATE.BufferInserted,
        };
        return true;
    }

    /// <summary>Undoes KeRegisterBugCheckReasonCallback.</summary>
    /// <returns>FALSE if the record is not registered.</returns>
    /// <remarks>WDK: KeDeregisterBugCheckReasonCallback.</remarks>
    [Export]
    public static BOOLEAN KeDeregisterBugCheckReasonCallback(KBUGCHECK_REASON_CALLBACK_RECORD* callbackRecord)
    {
        if (!NtKernel.Current.BugCheckCallbacks.Remove((ulong)callbackRecord))
            return false;
        callbackRecord->State = (byte)KBUGCHECK_BUFFER_DUMP_STATE.BufferEmpty;
        return true;
    }
}
