namespace Hil.Kernel;

/// <summary>The PnP manager: device nodes, their resources and their state.</summary>
public sealed class PnpSystem
{
    internal PnpSystem(NtKernel kernel)
    {
    }
}
