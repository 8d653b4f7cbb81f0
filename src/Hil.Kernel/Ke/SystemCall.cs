namespace Hil.Kernel;

// A request from outside is the system service of an application, whose thread came into the kernel with it. What a
// driver asks for with Zw… in such a thread is a service again, now of the kernel.

/// <summary>A system service that the running thread is in, from its beginning to its end.</summary>
internal readonly ref struct SystemCall
{
    private readonly NtKernel _kernel;
    private readonly KernelThread _thread;
    private readonly string? _service;
    private readonly KPROCESSOR_MODE _previousMode;
    private readonly bool _isInUserCall;

    /// <param name="caller">Who asks for the service.</param>
    /// <param name="service">The service's name, if an application asks: it is checked how its thread comes
    /// back.</param>
    public SystemCall(NtKernel kernel, KPROCESSOR_MODE caller, string? service = null)
    {
        _kernel = kernel;
        _thread = kernel.Scheduler.CurrentThread;
        _service = service;
        (_previousMode, _isInUserCall) = (_thread.PreviousMode, _thread.IsInUserCall);
        _thread.PreviousMode = caller;
        _thread.IsInUserCall |= caller == KPROCESSOR_MODE.UserMode;
    }

    public void Dispose()
    {
        (_thread.PreviousMode, _thread.IsInUserCall) = (_previousMode, _isInUserCall);
        bool isReturn = _service != null && !_isInUserCall;
        if (isReturn && _thread.IsInRegion && _kernel.Scheduler.StoppedBy == null)
            Ntoskrnl.FailReturn(_kernel, _thread, _service!);
    }
}
