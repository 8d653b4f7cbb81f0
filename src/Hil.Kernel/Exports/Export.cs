namespace Hil.Kernel;

/// <summary>One function that drivers can import: what the generator emits per <see cref="ExportAttribute"/>.</summary>
public sealed unsafe class Export(
    string name,
    string module,
    byte minIrql,
    byte maxIrql,
    string signature,
    byte parameters,
    delegate*<KernelCallFrame*, ulong> invoke)
{
    /// <summary>Exported name, case-sensitive.</summary>
    public string Name { get; } = name;

    /// <summary>"ntoskrnl.exe" or "hal.dll".</summary>
    public string Module { get; } = module;

    public byte MinIrql { get; } = minIrql;

    public byte MaxIrql { get; } = maxIrql;

    /// <summary>As C would print it, for `hil exports` and for traces.</summary>
    public string Signature { get; } = signature;

    /// <summary>Number of parameters, variable ones not counted.</summary>
    public int Parameters { get; } = parameters;

    /// <summary>Unpacks the arguments from the frame, calls the method, packs its result into RAX.</summary>
    public delegate*<KernelCallFrame*, ulong> Invoke { get; } = invoke;
}
