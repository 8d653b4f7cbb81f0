namespace Hil.Kernel;

/// <summary>One function that drivers can import: what the generator emits per <see cref="ExportAttribute"/>.</summary>
/// <param name="Name">Exported name, case-sensitive.</param>
/// <param name="Module">"ntoskrnl.exe" or "hal.dll".</param>
/// <param name="Signature">As C would print it, for `hil exports` and for traces.</param>
/// <param name="Invoke">Unpacks the arguments from the frame, calls the method, packs its result into RAX.</param>
public sealed unsafe record Export(
    string Name,
    string Module,
    byte MinIrql,
    byte MaxIrql,
    string Signature,
    delegate*<KernelCallFrame*, ulong> Invoke);
