using Hil.Kernel;
using Hil.Loader;
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

    /// <summary>A further driver is loaded; none of its code has run.</summary>
    void Attach(LoadedDriver driver);

    /// <summary>The image that a service names: read and written down, or from the trace.</summary>
    /// <param name="file">Name of the file.</param>
    /// <param name="folder">Where a live run has it, or null.</param>
    /// <returns>Null when there is none.</returns>
    byte[]? ReadServiceImage(string file, ServiceFolder? folder);
}
