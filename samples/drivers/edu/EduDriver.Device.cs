namespace Hil.Samples.Edu;

/// <content>StartIo, the interrupt and what follows from it, and the timer that watches over both.</content>
public sealed unsafe partial class EduDriver
{
    private const long TicksPerMs = 10_000;

    private static void SetTimer(EduDevice* edu)
    {
        edu->IsTimerArmed = true;
        edu->TimedSequence = edu->Sequence;
        KeSetTimer(&edu->Timer, -TicksPerMs * edu->TimeoutMs, &edu->TimerDpc);
    }

    // Before the hardware is told to do something whose end it will report by an interrupt.
    private static void ExpectInterruptLocked(EduDevice* edu)
    {
        Interlocked.Exchange(ref edu->Seen, 0);
        edu->Sequence++;
        if (!edu->IsTimerArmed)
            SetTimer(edu);
    }

    private void StartIo(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        EduDevice* edu = DeviceOf(deviceObject);
        if (IsTransfer(irp))
            BeginTransfer(edu, irp);
        else
            BeginControl(edu, irp);
    }

    private static bool Interrupt(EduDevice* edu)
    {
        uint status = Read(edu, EduRegisters.InterruptStatus);
        if (status == 0)
            return false; // the interrupt of another device on the same line
        if (status == uint.MaxValue && Read(edu, EduRegisters.Identification) == uint.MaxValue)
            return false; // the device has been pulled out: all reads give ones

        Write(edu, EduRegisters.InterruptAcknowledge, status);
        Interlocked.Or(ref edu->Seen, status);
        IoRequestDpc(edu->Self, null, edu);
        return true;
    }

    private static BOOLEAN LineInterrupt(KINTERRUPT* interrupt, void* serviceContext) =>
        Interrupt((EduDevice*)serviceContext);

    private static BOOLEAN MessageInterrupt(KINTERRUPT* interrupt, void* serviceContext, uint messageId) =>
        Interrupt((EduDevice*)serviceContext);

    // May run late, for an interrupt of a request that is over: that is why it looks at what the hardware and Seen say
    // of the request that is Current now, rather than at which interrupt it was queued for.
    private void Dpc(KDPC* dpc, DEVICE_OBJECT* deviceObject, IRP* unused, void* context)
    {
        var edu = (EduDevice*)context;
        NTSTATUS status = STATUS_PENDING;
        nuint information = 0;

        KeAcquireSpinLockAtDpcLevel(&edu->Lock);
        IRP* irp = edu->Current;
        if (edu->Phase == EduPhase.OnDevice)
        {
            status = IsTransfer(irp)
                ? TransferProgressLocked(edu, irp, ref information)
                : ControlProgressLocked(edu, irp, ref information);
            if (status != STATUS_PENDING && !TryTakeLocked(edu))
                status = STATUS_PENDING;
        }
        KeReleaseSpinLockFromDpcLevel(&edu->Lock);

        if (status != STATUS_PENDING)
            Finish(edu, irp, status, information);
    }

    // The timer, once set, stays set as long as it finds the device at work, and asks each time: has the device got
    // anything done since the last time? Setting and cancelling one for each request would cost more than the request.
    private void Timeout(KDPC* dpc, void* context, void* systemArgument1, void* systemArgument2)
    {
        var edu = (EduDevice*)context;
        KeAcquireSpinLockAtDpcLevel(&edu->Lock);
        IRP* late = FindLateLocked(edu);
        KeReleaseSpinLockFromDpcLevel(&edu->Lock);
        if (late != null)
            Finish(edu, late, STATUS_IO_TIMEOUT, 0);
    }

    private static IRP* FindLateLocked(EduDevice* edu)
    {
        if (edu->Phase != EduPhase.OnDevice)
        {
            edu->IsTimerArmed = false;
            return null;
        }
        if (edu->Sequence != edu->TimedSequence)
        {
            SetTimer(edu);
            return null;
        }
        IRP* irp = edu->Current;
        if (IsTransfer(irp) && (Read(edu, EduRegisters.DmaCommand) & EduRegisters.DmaRun) != 0)
        {
            edu->Transfer.Verdict = STATUS_IO_TIMEOUT; // the engine still owns the memory
            SetTimer(edu);
            return null;
        }
        edu->IsTimerArmed = false;
        if (IsTransfer(irp))
            AbandonTransferLocked(edu, irp);
        return TryTakeLocked(edu) ? irp : null;
    }
}
