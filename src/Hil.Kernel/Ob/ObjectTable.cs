namespace Hil.Kernel;

/// <summary>Named objects, references and handles.</summary>
public sealed class ObjectTable
{
    internal ObjectTable(NtKernel kernel)
    {
    }
}
