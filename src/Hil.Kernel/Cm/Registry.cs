namespace Hil.Kernel;

/// <summary>The registry, in memory.</summary>
public sealed class Registry
{
    internal Registry(NtKernel kernel)
    {
    }
}
