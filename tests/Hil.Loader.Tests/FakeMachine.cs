using System.Runtime.InteropServices;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Wdm;

namespace Hil.Loader.Tests;

/// <summary>A kernel with no machine under it: enough to map images and to see what the loader hands out.</summary>
internal sealed unsafe class FakeMachine : IDisposable, IKernelObserver
{
    private readonly nint _home = (nint)NativeMemory.AlignedAlloc(4096, 16);

    public FakeMachine()
    {
        Processor = new ScriptedProcessor((ulong)_home);
        Kernel = new NtKernel(new KernelServices
        {
            VirtualProcessor = Processor,
            Memory = Memory,
            Bus = null!,
            InterruptController = null!,
            Clock = new StoppedClock(),
            Observer = this,
        });
        NtKernel.Enter(null); // The constructing thread is not a kernel thread.
        Loader = new DriverLoader(Kernel, () => 0x1234_5678_9ABC_DEF0);
    }

    public FakeMemory Memory { get; } = new();

    public ScriptedProcessor Processor { get; }

    public NtKernel Kernel { get; }

    public DriverLoader Loader { get; }

    public List<string> Lines { get; } = [];

    public NativeDriver Load(byte[] image, string path = "driver.sys") => Loader.Load(DriverImage.Parse(image, path));

    /// <summary>DriverEntry, where the kernel would run it.</summary>
    public NTSTATUS Initialize(LoadedDriver driver) => Run(driver.Initialize);

    /// <summary>Runs work on a kernel thread at PASSIVE_LEVEL; what it throws comes out here.</summary>
    public T Run<T>(Func<T> work)
    {
        T result = default!;
        Kernel.Scheduler.Run(() => result = work());
        return result;
    }

    public void OnEvent(in KernelEvent kernelEvent)
    {
        if (kernelEvent.Text != null)
            Lines.Add(kernelEvent.Text);
    }

    public void Dispose()
    {
        Kernel.Dispose();
        Memory.Dispose();
        NativeMemory.AlignedFree((void*)_home);
    }

    private sealed class StoppedClock : IClock
    {
        public long InterruptTime => 0;

        public long SystemTime => 0;

        public long PerformanceCounter => 0;

        public long PerformanceFrequency => 10_000_000;
    }
}
