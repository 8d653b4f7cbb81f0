namespace Hil.Samples.Edu;

/// <content>Control requests: what StartIo begins and the DPC looks after.</content>
public sealed unsafe partial class EduDriver
{
    private const uint FactorialMax = 12; // 13! does not fit into 32 bits
    private const uint TimeoutMsMin = 10;
    private const uint TimeoutMsMax = 600_000;
    private const uint InfoBytes = 12;

    private static readonly uint s_getInfo = ControlCode(0);
    private static readonly uint s_factorial = ControlCode(1);
    private static readonly uint s_raise = ControlCode(2);
    private static readonly uint s_setTimeout = ControlCode(3);

    private static uint ControlCode(uint number) =>
        CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + number, METHOD_BUFFERED, FILE_ANY_ACCESS);

    private static uint* Ulongs(IRP* irp) => (uint*)irp->AssociatedIrp.SystemBuffer;

    private static uint CodeOf(IRP* irp) => IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode;

    private static NTSTATUS CheckControl(IRP* irp)
    {
        IO_STACK_LOCATION* stack = IoGetCurrentIrpStackLocation(irp);
        uint input = stack->Parameters.DeviceIoControl.InputBufferLength;
        uint output = stack->Parameters.DeviceIoControl.OutputBufferLength;
        uint code = CodeOf(irp);
        if (code == s_getInfo)
            return output < InfoBytes ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
        if (code != s_factorial && code != s_raise && code != s_setTimeout)
            return STATUS_INVALID_DEVICE_REQUEST;
        if (input != sizeof(uint))
            return STATUS_INVALID_BUFFER_SIZE;
        if (code == s_setTimeout)
            return *Ulongs(irp) is < TimeoutMsMin or > TimeoutMsMax ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
        if (output < sizeof(uint))
            return STATUS_BUFFER_TOO_SMALL;
        return code == s_factorial && *Ulongs(irp) > FactorialMax ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    }

    private void BeginControl(EduDevice* edu, IRP* irp)
    {
        nuint information = 0;
        KeAcquireSpinLockAtDpcLevel(&edu->Lock);
        NTSTATUS status = AdmitLocked(edu, irp);
        if (status == STATUS_SUCCESS)
        {
            status = ControlLocked(edu, irp, ref information);
            if (status != STATUS_PENDING && !TryTakeLocked(edu))
                status = STATUS_PENDING;
        }
        KeReleaseSpinLockFromDpcLevel(&edu->Lock);

        if (status != STATUS_PENDING)
            Finish(edu, irp, status, information);
    }

    // Carries a control request out, or begins to.
    private static NTSTATUS ControlLocked(EduDevice* edu, IRP* irp, ref nuint information)
    {
        uint code = CodeOf(irp);
        if (code == s_getInfo)
            return GetInfo(edu, irp, ref information);
        if (code == s_setTimeout)
            return SetTimeout(edu, *Ulongs(irp));
        return code == s_raise ? StartRaise(edu, *Ulongs(irp)) : StartFactorial(edu, *Ulongs(irp));
    }

    private static NTSTATUS GetInfo(EduDevice* edu, IRP* irp, ref nuint information)
    {
        const uint Probe = 0x5aa5f00f;
        uint* info = Ulongs(irp);
        Write(edu, EduRegisters.Liveness, Probe);
        info[0] = Read(edu, EduRegisters.Identification);
        info[1] = Read(edu, EduRegisters.Liveness) == ~Probe ? 1u : 0;
        info[2] = edu->Messages;
        information = InfoBytes;
        return STATUS_SUCCESS;
    }

    private static NTSTATUS StartFactorial(EduDevice* edu, uint n)
    {
        if ((Read(edu, EduRegisters.Status) & EduRegisters.StatusComputing) != 0)
            return STATUS_DEVICE_BUSY; // with a request that was given up: the device would ignore this one

        ExpectInterruptLocked(edu);
        Write(edu, EduRegisters.Status, EduRegisters.StatusInterruptWhenComputed);
        Write(edu, EduRegisters.Factorial, n);
        return STATUS_PENDING;
    }

    private static NTSTATUS StartRaise(EduDevice* edu, uint value)
    {
        ExpectInterruptLocked(edu);
        Write(edu, EduRegisters.InterruptRaise, value);
        return STATUS_PENDING;
    }

    private static NTSTATUS SetTimeout(EduDevice* edu, uint milliseconds)
    {
        edu->TimeoutMs = milliseconds;
        if (edu->IsTimerArmed && KeCancelTimer(&edu->Timer))
            edu->IsTimerArmed = false; // otherwise Timeout is about to run, and to find nothing in flight
        return STATUS_SUCCESS;
    }

    // Looks whether the control request that the hardware works on is done.
    private static NTSTATUS ControlProgressLocked(EduDevice* edu, IRP* irp, ref nuint information)
    {
        uint* value = Ulongs(irp);
        uint seen = Volatile.Read(ref edu->Seen);
        if (CodeOf(irp) == s_raise)
        {
            if (*value == 0 || (seen & *value) != *value)
                return STATUS_PENDING;
            *value = seen;
        }
        else
        {
            if ((seen & EduRegisters.FactorialInterrupt) == 0
                || (Read(edu, EduRegisters.Status) & EduRegisters.StatusComputing) != 0)
                return STATUS_PENDING;
            *value = Read(edu, EduRegisters.Factorial);
        }
        information = sizeof(uint);
        return STATUS_SUCCESS;
    }
}
