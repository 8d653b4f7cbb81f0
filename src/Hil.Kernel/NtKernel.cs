using System.Diagnostics.CodeAnalysis;

namespace Hil.Kernel;

/// <summary>One Windows kernel around the drivers under test: everything that is not in driver-visible memory
/// hangs here.</summary>
/// <remarks>Two kernels run side by side in one process; only the current one is thread-static.</remarks>
public sealed class NtKernel : IDisposable
{
    [ThreadStatic]
    private static NtKernel? t_current;

    private CalleeSavedXmm? _xmm;

    public NtKernel(KernelServices services)
    {
        Services = services;
        Clock = services.Clock;
        Bus = services.Bus;
        Processor = new Processor(this);
        Events = new KernelEvents(this, services.Observer);
        Gate = new ManagedGate(this);
        Modules = new ModuleTable();
        if (services.VirtualProcessor.GuestModule is { } guestModule)
            Modules.Add(guestModule);
        Enter(this);
        Ntoskrnl.DescribeSystem(services.Memory);
        Disclosed = new DisclosedMemory(this);
        SectionViews = new SectionViews(this);
        Pages = new PageAllocator(this);
        Pool = new Pool(this);
        Dma = new DmaAdapters(this);
        Data = new DataExports(this);
        Scheduler = new Scheduler(this);
        Dpcs = new DpcQueue(this);
        Timers = new TimerQueue(this);
        WorkQueues = new WorkQueues(this);
        DeviceTimers = new DeviceTimers(this);
        Resources = new ResourceTable(this);
        Interrupts = new InterruptTable(this);
        Objects = new ObjectTable(this);
        Process = new SystemProcess(this);
        BugCheckCallbacks = new BugCheckCallbacks(this);
        Registry = new Registry(this);
        RegistryCallbacks = new RegistryCallbacks(this);
        PciBuses = new PciBuses(this);
        Io = new IoSystem(this);
        Pnp = new PnpSystem(this);
    }

    /// <summary>The kernel that the calling thread works for.</summary>
    public static NtKernel Current
    {
        get
        {
            NtKernel? current = t_current;
            Invariant.Holds(current != null, "a thread that calls the kernel has entered it");
            return current;
        }
    }

    /// <summary>The calling thread's kernel, or null when it works for none.</summary>
    internal static NtKernel? Entered => t_current;

    public KernelServices Services { get; }

    public IClock Clock { get; }

    public IBus Bus { get; }

    /// <summary>The PCI buses of the machine.</summary>
    internal PciBuses PciBuses { get; }

    public Processor Processor { get; }

    public KernelEvents Events { get; }

    /// <summary>Host routines that drivers can call by address.</summary>
    public ManagedGate Gate { get; }

    /// <summary>Loaded driver images.</summary>
    public ModuleTable Modules { get; }

    public PageAllocator Pages { get; }

    public Pool Pool { get; }

    /// <summary>Identifiers that ZwAllocateLocallyUniqueId has given out.</summary>
    internal ulong LuidsMade { get; set; }

    /// <summary>State of the C runtime routines.</summary>
    internal CrtState Crt { get; } = new();

    /// <summary>DMA adapters that drivers hold.</summary>
    public DmaAdapters Dma { get; }

    /// <summary>Memory that devices may know.</summary>
    internal DisclosedMemory Disclosed { get; }

    /// <summary>Pages and device mappings that drivers hold.</summary>
    public PageBlocks PageBlocks { get; } = new();

    /// <summary>User memory that drivers have secured.</summary>
    internal SecuredMemory SecuredMemory { get; } = new();

    /// <summary>Views of sections that drivers hold.</summary>
    internal SectionViews SectionViews { get; }

    /// <summary>Exported variables in driver-visible memory.</summary>
    public DataExports Data { get; }

    public Scheduler Scheduler { get; }

    public DpcQueue Dpcs { get; }

    public TimerQueue Timers { get; }

    public WorkQueues WorkQueues { get; }

    public DeviceTimers DeviceTimers { get; }

    public ResourceTable Resources { get; }

    internal LookasideTable Lookasides { get; } = new();

    /// <summary>Threads that wait for the end of rundown protection, by its address.</summary>
    internal Dictionary<nint, KernelThread> Rundowns { get; } = [];

    internal PushLockTable PushLocks { get; } = new();

    /// <summary>Threads that wait for a one-time initialization, by the address of its structure.</summary>
    internal Dictionary<nint, List<KernelThread>> RunOnceWaiters { get; } = [];

    /// <summary>Callback objects by the address of a registration.</summary>
    internal Dictionary<nint, KernelObject> Callbacks { get; } = [];

    public InterruptTable Interrupts { get; }

    public ObjectTable Objects { get; }

    public SystemProcess Process { get; }

    public Registry Registry { get; }

    internal DebugFilter DebugFilter { get; } = new();

    internal RegistryCallbacks RegistryCallbacks { get; }

    /// <summary>Names that CmCallbackGetKeyObjectID gave, by key object.</summary>
    internal Dictionary<KernelObject, nint> KeyNames { get; } = [];

    public IoSystem Io { get; }

    public PnpSystem Pnp { get; }

    internal BugCheckCallbacks BugCheckCallbacks { get; }

    /// <summary>Handles of KeRegisterNmiCallback.</summary>
    internal HashSet<nint> NmiCallbacks { get; } = [];

    /// <summary>The system process's token, made when somebody first asks.</summary>
    internal KernelObject? Token { get; set; }

    /// <summary>How often each object of PoCreatePowerRequest is set.</summary>
    internal Dictionary<nint, int> PowerRequests { get; } = [];

    /// <summary>Handles of KeRegisterProcessorChangeCallback.</summary>
    internal HashSet<nint> ProcessorCallbacks { get; } = [];

    /// <summary>What MmAllocateMappingAddress gave, by address.</summary>
    internal Dictionary<ulong, ReservedMapping> ReservedMappings { get; } = [];

    /// <summary>Made at the first exception that driver code raises.</summary>
    internal CalleeSavedXmm Xmm => _xmm ??= new CalleeSavedXmm(this);

    /// <summary>Set once the machine has stopped; no driver code runs any more.</summary>
    public BugCheckReport? StoppedBy { get; private set; }

    /// <summary>Makes <paramref name="kernel"/> the calling thread's current one.</summary>
    public static void Enter(NtKernel? kernel) => t_current = kernel;

    /// <summary>Stops the machine because the driver broke a rule.</summary>
    /// <param name="reason">One sentence for the report: what the driver did.</param>
    [DoesNotReturn]
    public void BugCheck(uint code, ulong p1, ulong p2, ulong p3, ulong p4, string reason) =>
        BugCheck(Processor.Describe(code, p1, p2, p3, p4, reason));

    /// <summary>Stops the machine because a managed driver's routine threw.</summary>
    /// <param name="code">The exception's, as a native driver would have raised it.</param>
    /// <param name="address">What could not be accessed, or 0.</param>
    [DoesNotReturn]
    public void BugCheck(Delegate routine, Exception thrown, uint code, ulong address, string reason)
    {
        BugCheckReport report = Processor.Describe(
            BugCheckCodes.KMODE_EXCEPTION_NOT_HANDLED, code, 0, 0, address, reason);
        BugCheck(report with { ManagedStack = ManagedStack.Of(routine, thrown) });
    }

    /// <summary>Stops the machine with a report that is already complete. The first one stands.</summary>
    [DoesNotReturn]
    public void BugCheck(BugCheckReport report)
    {
        if (StoppedBy == null)
        {
            StoppedBy = report;
            Ntoskrnl.PublishBugCheck(this, report);
            BugCheckCallbacks.Call(report.Code);
            Events.Add(KernelEventKind.BugCheck, report.Code, text: report.Reason);
            Scheduler.StopAll();
        }
        throw new BugCheckException(StoppedBy);
    }

    /// <summary>Stops the machine from outside because managed code does not come back. The thread that runs it is
    /// left behind.</summary>
    public void StopStuck(BugCheckReport report)
    {
        if (StoppedBy != null)
            return;
        StoppedBy = report;
        Scheduler.AbandonAll();
    }

    /// <summary>Reports a broken rule that does not stop the machine, with the driver's call that broke it, if one
    /// did.</summary>
    public void Violation(string rule) =>
        Events.Add(KernelEventKind.Violation, Processor.IsServingCall ? Processor.DriverRip : 0, text: rule);

    public void Dispose() => Scheduler.Dispose();
}
