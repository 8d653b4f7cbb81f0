using System.Diagnostics.CodeAnalysis;

namespace Hil.Kernel;

// PnP and power IRPs go to the top of a device stack at PASSIVE_LEVEL and come back through a completion routine of the
// PnP manager's own, which keeps the IRP (STATUS_MORE_PROCESSING_REQUIRED) so that its answer can be read here. A stack
// that never completes one is stopped by the watchdog that Windows has for it.

/// <summary>Sends one request at a time to device stacks and waits for the answer.</summary>
internal sealed unsafe class StackRequest
{
    // Windows' own limits: DRIVER_PNP_WATCHDOG after minutes, DRIVER_POWER_STATE_FAILURE after ten. Nobody waits that
    // long for a test; no device of QEMU needs a minute.
    private const long LimitSeconds = 60;
    private const uint DriverPnpWatchdog = 0x1D5;
    private const long RelativeTicksPerSecond = -10_000_000;

    private readonly NtKernel _kernel;
    private readonly DriverRoutine _completed;
    private readonly Dictionary<nint, bool> _reachedBus = [];

    public StackRequest(NtKernel kernel)
    {
        _kernel = kernel;
        _completed = kernel.Gate.Register(Completed);
    }

    /// <summary>What came back.</summary>
    /// <param name="ReachedBus">Whether the stack passed the request down to one of the kernel's own bus
    /// drivers.</param>
    public readonly record struct Answer(NTSTATUS Status, nuint Information, bool ReachedBus);

    /// <summary>Sends a request to the top of a stack.</summary>
    /// <param name="status">The status a request starts with; anything but STATUS_NOT_SUPPORTED only where
    /// documented.</param>
    public Answer Send(
        DeviceNode node, byte major, byte minor, in IO_STACK_LOCATION.ParametersUnion parameters,
        NTSTATUS status, nuint information = 0)
    {
        DEVICE_OBJECT* top = Ntoskrnl.IoGetAttachedDeviceReference(node.PhysicalDevice);
        IRP* irp = Ntoskrnl.IoAllocateIrp(top->StackSize, false);
        Invariant.Holds(irp != null, "the pool has room for the PnP manager's requests");
        irp->IoStatus.Status = status;
        irp->IoStatus.Information = information;
        irp->Tail.Overlay.Thread = Ntoskrnl.KeGetCurrentThread();
        IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
        location->MajorFunction = major;
        location->MinorFunction = minor;
        location->Parameters = parameters;
        Answer answer = SendAndWait(node, top, irp);
        Ntoskrnl.IoFreeIrp(irp);
        Ntoskrnl.ObfDereferenceObject(top);
        return answer;
    }

    /// <summary>Called by the kernel's bus drivers when a request arrives at the bottom of its stack.</summary>
    public void NoteReachedBus(IRP* irp)
    {
        if (_reachedBus.ContainsKey((nint)irp))
            _reachedBus[(nint)irp] = true;
    }

    private Answer SendAndWait(DeviceNode node, DEVICE_OBJECT* top, IRP* irp)
    {
        var completed = PoolBuffer.AllocateOwn<KEVENT>(sizeof(KEVENT));
        Ntoskrnl.KeInitializeEvent(completed, EVENT_TYPE.NotificationEvent, false);
        IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
        IoSetCompletionRoutine(irp, _completed, completed, true, true, true);
        _reachedBus.Add((nint)irp, false);
        string name = MinorNames.Of(location->MajorFunction, location->MinorFunction);
        bool isPower = location->MajorFunction == IRP_MJ_POWER;
        NTSTATUS returned = Ntoskrnl.IofCallDriver(top, irp);
        if (!WaitFor(completed))
            FailTimeout(node, top, irp, isPower, $"{name} was not completed within {LimitSeconds} s");
        _reachedBus.Remove((nint)irp, out bool reachedBus);
        if (returned != STATUS_PENDING && returned != irp->IoStatus.Status)
        {
            _kernel.Violation(
                $"{name} was completed with {irp->IoStatus.Status}, but the dispatch routine returned {returned}");
        }
        _kernel.Pool.Free(completed);
        return new Answer(irp->IoStatus.Status, irp->IoStatus.Information, reachedBus);
    }

    private static bool WaitFor(KEVENT* completed)
    {
        long limit = LimitSeconds * RelativeTicksPerSecond;
        NTSTATUS waited = Ntoskrnl.KeWaitForSingleObject(
            completed, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, &limit);
        return waited != STATUS_TIMEOUT;
    }

    [DoesNotReturn]
    private void FailTimeout(DeviceNode node, DEVICE_OBJECT* top, IRP* irp, bool isPower, string reason)
    {
        const ulong IrpBlockedTooLong = 3;
        var bottom = (ulong)node.PhysicalDevice;
        if (isPower)
        {
            _kernel.BugCheck(
                BugCheckCodes.DRIVER_POWER_STATE_FAILURE, IrpBlockedTooLong, bottom, (ulong)top, (ulong)irp, reason);
        }
        _kernel.BugCheck(DriverPnpWatchdog, bottom, (ulong)top, (ulong)irp, 0, reason);
    }

    // NTSTATUS Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
    private static ulong Completed(ulong* arguments)
    {
        Ntoskrnl.KeSetEvent((KEVENT*)arguments[2], IO_NO_INCREMENT, false);
        return (uint)STATUS_MORE_PROCESSING_REQUIRED.Value;
    }
}
