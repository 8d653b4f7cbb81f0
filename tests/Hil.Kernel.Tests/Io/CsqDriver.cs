namespace Hil.Kernel.Tests.Io;

/// <summary>A driver's cancel-safe queue: a list under a spin lock.</summary>
public sealed unsafe class CsqDriver
{
    private readonly List<ulong> _queue = [];

    public CsqDriver(TestMachine machine, TestDriver driver, NTSTATUS? insertStatus = null)
    {
        KSPIN_LOCK* spinLock = machine.New<KSPIN_LOCK>();
        Csq = machine.New<IO_CSQ>();
        DriverRoutine insert = machine.Routine((_, irp, _, _) =>
        {
            if (insertStatus == null)
                _queue.Add(irp);
            return (uint)(insertStatus ?? STATUS_SUCCESS).Value;
        });
        DriverRoutine remove = machine.Routine((_, irp, _, _) => _queue.Remove(irp) ? 0UL : 1);
        DriverRoutine peek = machine.Routine((_, irp, _, _) => _queue.ElementAtOrDefault(_queue.IndexOf(irp) + 1));
        DriverRoutine acquire = machine.Routine((_, irql, _, _) =>
        {
            KeAcquireSpinLock(spinLock, (KIRQL*)irql);
            return 0;
        });
        DriverRoutine release = machine.Routine((_, irql, _, _) =>
        {
            KeReleaseSpinLock(spinLock, (byte)irql);
            return 0;
        });
        DriverRoutine complete = machine.Routine((_, irp, _, _) =>
        {
            Cancelled.Add(irp);
            return 0;
        });
        if (insertStatus == null)
            IoCsqInitialize(Csq, insert, remove, peek, acquire, release, complete);
        else
            IoCsqInitializeEx(Csq, insert, remove, peek, acquire, release, complete);
    }

    public IO_CSQ* Csq { get; }

    /// <summary>IRPs that the queue's owner was told to complete as cancelled.</summary>
    public List<ulong> Cancelled { get; } = [];
}
