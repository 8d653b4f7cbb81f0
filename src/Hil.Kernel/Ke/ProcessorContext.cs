namespace Hil.Kernel;

/// <summary>A thread's place on its driver stack.</summary>
internal unsafe struct ProcessorContext
{
    /// <summary>Where further driver code is called.</summary>
    public ulong StackPointer;

    /// <summary>Driver code that ran last.</summary>
    public VcpuExit LastExit;

    /// <summary>How deep driver calls nest.</summary>
    public int Depth;

    /// <summary>The innermost of them.</summary>
    public DriverCall* Call;

    public ManagedCall Managed;
}
