namespace Hil.Kernel;

/// <summary>State of the I/O manager that is not in driver-visible memory.</summary>
public sealed class IoSystem
{
    internal IoSystem(NtKernel kernel)
    {
    }

    /// <summary>Address of the IRP that is being worked on, for reports; 0 for none.</summary>
    public ulong CurrentIrp => 0;
}
