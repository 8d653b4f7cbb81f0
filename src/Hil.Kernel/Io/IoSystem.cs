using System.Runtime.CompilerServices;

namespace Hil.Kernel;

/// <summary>State of the I/O manager that is not in driver-visible memory.</summary>
public sealed unsafe partial class IoSystem
{
    private const uint ConfigurationVersion = 2;
    private const uint PoolTag = 0x20_20_6F_49; // Io

    [ThreadStatic]
    private static ulong t_currentIrp;

    [ThreadStatic]
    private static ulong t_topLevelIrp;

    private readonly NtKernel _kernel;
    private volatile PendingIrp[]? _pendingAtStop;
    private uint _lastDeviceNumber;

    internal IoSystem(NtKernel kernel)
    {
        _kernel = kernel;
        SystemBuffers = new SystemBuffers(kernel);
        Scratch = new ScratchSlots(kernel);
        FreedIrps = new IrpQuarantine(kernel);
        WindowMemory = new WindowMemoryPool(kernel);
        CancelLock = (KSPIN_LOCK*)Scratch.Rent();
        Configuration = (CONFIGURATION_INFORMATION*)Scratch.Rent();
        Configuration->Version = ConfigurationVersion;
        InvalidDeviceRequest = kernel.Gate.Register(static a => Result(Ntoskrnl.CompleteAsInvalidRequest((IRP*)a[1])));
        SignalOnCompletion =
            kernel.Gate.Register(static a => Result(Ntoskrnl.SignalOnCompletion((IRP*)a[1], (KEVENT*)a[2])));
        HeldCompletion = kernel.Gate.Register(
            static a => Result(Ntoskrnl.CompleteHeld((DEVICE_OBJECT*)a[0], (IRP*)a[1], (void*)a[2])));
        CsqCancel = kernel.Gate.Register(static a => Ntoskrnl.CancelInQueue((IRP*)a[1]));
        kernel.Scheduler.Stopped += OnStopped;
    }

    /// <summary>Address of the IRP that the calling thread works on, for reports; 0 for none.</summary>
    public ulong CurrentIrp => t_currentIrp;

    /// <summary>Bytes that Hil copied between requesters and drivers: buffered I/O, and buffers outside the RAM
    /// window.</summary>
    public long BytesCopied { get; private set; }

    /// <summary>The dispatch routine of every major function that a driver leaves alone.</summary>
    public DriverRoutine InvalidDeviceRequest { get; }

    internal IrpTable Irps { get; } = new();

    internal IrpQuarantine FreedIrps { get; }

    internal SystemBuffers SystemBuffers { get; }

    internal ScratchSlots Scratch { get; }

    internal KSPIN_LOCK* CancelLock { get; }

    internal CONFIGURATION_INFORMATION* Configuration { get; }

    /// <summary>What IoSetTopLevelIrp set in the calling thread.</summary>
    internal static ulong TopLevelIrp
    {
        get => t_topLevelIrp;
        set => t_topLevelIrp = value;
    }

    internal DriverRoutine SignalOnCompletion { get; }

    internal DriverRoutine HeldCompletion { get; }

    internal DriverRoutine CsqCancel { get; }

    /// <summary>Sequence number of a live IRP, from 1; 0 for an address that is none.</summary>
    public long IdOf(ulong irp) => Irps.IdOf(irp);

    /// <summary>The IRPs that drivers have got and not completed, oldest first. Any thread; for a machine that has
    /// stopped, or was lost, those that were left at that moment.</summary>
    public IReadOnlyList<PendingIrp> PendingIrps()
    {
        if (_pendingAtStop == null && !_kernel.Scheduler.IsKernelThread)
        {
            IReadOnlyList<PendingIrp> pending = [];
            try
            {
                _kernel.Scheduler.Run(
                    () => pending = DescribePending(), static () => new OutsideRequest(OutsideRequestKind.ListPending));
                return pending;
            }
            catch (Exception) when (_kernel.Scheduler.StoppedBy != null)
            {
                // It stopped just now.
            }
        }
        return _pendingAtStop ?? DescribePending();
    }

    private PendingIrp[] DescribePending() =>
        [.. Irps.InFlight(_kernel.Services.Memory).Select(found => Describe((IRP*)found.Irp, found.Record.Id))];

    private void OnStopped(Exception reason)
    {
        _pendingAtStop = DescribePending();
        FailOperations(reason);
    }

    /// <summary>Notes the IRP that is worked on from now; returns what <see cref="LeaveIrp"/> puts back.</summary>
    internal ulong EnterIrp(IRP* irp)
    {
        ulong outer = t_currentIrp;
        t_currentIrp = (ulong)irp;
        return outer;
    }

    internal uint NextDeviceNumber() => ++_lastDeviceNumber;

    internal void LeaveIrp(ulong outer) => t_currentIrp = outer;

    /// <summary>Copies between buffers in the window, and counts. A wild buffer or length stops the machine.</summary>
    internal void Copy(void* from, void* to, nuint bytes)
    {
        if (bytes == 0)
            return;
        RequireRange(from, bytes);
        RequireRange(to, bytes);
        Buffer.MemoryCopy(from, to, bytes, bytes);
        BytesCopied += (long)bytes;
    }

    internal void CountCopied(long bytes) => BytesCopied += bytes;

    private static void RequireRange(void* buffer, nuint bytes)
    {
        PointerCheck.Follow<byte>(buffer, "a buffer of an IRP");
        PointerCheck.Follow<byte>((byte*)buffer + bytes - 1, "the end of a buffer of an IRP");
    }

    private PendingIrp Describe(IRP* irp, long id)
    {
        // SAFETY: InFlight has checked that the location is one of the IRP's own.
        IO_STACK_LOCATION* location = (IO_STACK_LOCATION*)(irp + 1) + irp->CurrentLocation - 1;
        DEVICE_OBJECT* device = location->DeviceObject;
        return new PendingIrp(
            id, (ulong)irp, location->MajorFunction, location->MinorFunction, DescribeDevice(device), irp->Cancel);
    }

    /// <summary>A device as its name, or as its driver's name and its address.</summary>
    internal string DescribeDevice(DEVICE_OBJECT* device)
    {
        KernelObject? known = _kernel.Objects.Find(device);
        if (known?.Name != null)
            return known.Name;
        if (known == null || device->DriverObject == null)
            return $"0x{(ulong)device:x}";
        return $"{_kernel.Objects.Find(device->DriverObject)?.Name ?? "driver"} 0x{(ulong)device:x}";
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Result(NTSTATUS status) => (uint)status.Value;
}
