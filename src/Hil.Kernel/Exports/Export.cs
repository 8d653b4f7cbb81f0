namespace Hil.Kernel;

/// <summary>One function that drivers can import: what the generator emits per <see cref="ExportAttribute"/>.</summary>
public sealed unsafe class Export(
    string name,
    string module,
    byte minIrql,
    byte maxIrql,
    string signature,
    byte parameters,
    delegate*<KernelCallFrame*, ulong*, ulong> invoke)
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

    /// <summary>Unpacks the arguments, calls the method, packs its result into RAX. The first four arguments are taken
    /// from the second parameter (<see cref="KernelCall.Registers"/>), further ones from the frame.</summary>
    public delegate*<KernelCallFrame*, ulong*, ulong> Invoke { get; } = invoke;
}
