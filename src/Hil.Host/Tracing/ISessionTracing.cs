using Hil.Kernel;
using Hil.Machine;

namespace Hil.Host;

/// <summary>Stands between a session's kernel and its machine: writes the run down, or repeats one.</summary>
internal interface ISessionTracing : IDisposable
{
    /// <summary>What the kernel is built from, in place of the machine's own services.</summary>
    KernelServices Wrap(EmulatedMachine machine, KernelServices services);

    /// <summary>The kernel exists; no driver is loaded.</summary>
    void Attach(NtKernel kernel);

    /// <summary>The driver is loaded; none of its code has run.</summary>
    void Attach(DriverSession session);
}
