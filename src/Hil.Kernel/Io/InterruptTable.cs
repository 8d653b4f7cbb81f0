namespace Hil.Kernel;

/// <summary>Connected interrupts by vector: allocates vectors and DIRQLs, calls service routines, ends interrupts, finds storms.</summary>
public sealed class InterruptTable
{
    internal InterruptTable(NtKernel kernel)
    {
    }

    /// <summary>Calls the service routines of a vector at its DIRQL on the ISR stack, ends the interrupt (EOI), restores IRQL.</summary>
    public void Service(byte vector) => throw new NotImplementedException();
}
