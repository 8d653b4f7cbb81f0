namespace Hil.Kernel.Tests;

// A machine without QEMU: the kernel is the real one, drivers are managed, devices are whatever a test puts on the bus.
// Time stands still but for 100 ns a look, and jumps to the next due timer when nothing can happen before it: while a
// test waits inside Run, so that it cannot be about to do something from outside.

/// <summary>A kernel on fake hardware, for tests that need no QEMU. Kernel code runs inside <see
/// cref="Run(Action)"/>.</summary>
public sealed unsafe class TestMachine : IDisposable
{
    public TestMachine(
        Schedule? schedule = null, IKernelObserver? observer = null, bool specialPool = true,
        IDmaShadow? dmaShadow = null)
    {
        Clock = new TestClock();
        Memory = new TestMemory();
        Processor = new TestVirtualProcessor(Memory, Clock);
        Interrupts = new TestInterruptController(Processor);
        Bus = new TestBus();
        Kernel = new NtKernel(new KernelServices
        {
            VirtualProcessor = Processor,
            Memory = Memory,
            Bus = Bus,
            InterruptController = Interrupts,
            Clock = Clock,
            Observer = observer,
            Schedule = schedule ?? Schedule.Live,
            SpecialPool = specialPool,
            DmaShadow = dmaShadow,
        });
        NtKernel.Enter(null); // The constructing thread is not a kernel thread.
    }

    public NtKernel Kernel { get; }

    public TestClock Clock { get; }

    public TestMemory Memory { get; }

    public TestVirtualProcessor Processor { get; }

    public TestInterruptController Interrupts { get; }

    public TestBus Bus { get; }

    /// <summary>Runs work on a kernel thread at PASSIVE_LEVEL; what it throws comes out here.</summary>
    public void Run(Action work)
    {
        Clock.AllowJumps();
        try
        {
            Kernel.Scheduler.Run(work);
        }
        finally
        {
            Clock.ForbidJumps();
        }
    }

    /// <inheritdoc cref="Run(Action)"/>
    public T Run<T>(Func<T> work)
    {
        T result = default!;
        Run(() => { result = work(); });
        return result;
    }

    /// <summary>Makes a device interrupt pending, from any thread.</summary>
    public void RaiseInterrupt(byte vector) => Processor.Raise(vector);

    /// <summary>Lets time pass, and timers that come due meanwhile expire in order.</summary>
    public void Advance(TimeSpan time)
    {
        long end = Clock.Now + time.Ticks;
        while (Kernel.Timers.NextDue is long due && due <= end)
        {
            Clock.AdvanceTo(due);
            Kernel.Scheduler.Run(static () => { });
        }
        Clock.AdvanceTo(end);
        Kernel.Scheduler.Run(static () => { });
    }

    /// <summary>Starts a kernel thread; called inside Run. It first runs when the caller waits or yields.</summary>
    public void StartThread(Action body, int priority = 8) =>
        Kernel.Scheduler.CreateThread("test", Ntoskrnl.AllocateThreadObject(), priority, body);

    /// <summary>Lets threads of the caller's priority run until all of them wait; called inside Run.</summary>
    public static void Settle()
    {
        while (Ntoskrnl.ZwYieldExecution() == STATUS_SUCCESS)
        {
        }
    }

    /// <summary>Zeroed nonpaged memory for one structure.</summary>
    public T* New<T>()
        where T : unmanaged => (T*)Kernel.Pages.Allocate((nuint)sizeof(T), PageAccess.ReadWrite);

    /// <summary>A routine of the test that the kernel can call like a driver's.</summary>
    public DriverRoutine Routine(Func<ulong, ulong, ulong, ulong, ulong> body) =>
        Kernel.Gate.Register(arguments => body(arguments[0], arguments[1], arguments[2], arguments[3]));

    /// <inheritdoc cref="Routine(Func{ulong, ulong, ulong, ulong, ulong})"/>
    public DriverRoutine Routine(Action body) =>
        Kernel.Gate.Register(_ =>
        {
            body();
            return 0;
        });

    /// <summary>Runs work that is expected to stop the machine, and returns the report.</summary>
    public BugCheckReport RunToBugCheck(Action work) => Assert.Throws<BugCheckException>(() => Run(work)).Report;

    public void Dispose()
    {
        Kernel.Dispose();
        Memory.Dispose();
    }
}
