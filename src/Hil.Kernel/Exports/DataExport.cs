namespace Hil.Kernel;

/// <summary>One variable that drivers can import: what the generator emits per <see cref="ExportDataAttribute"/>.</summary>
/// <param name="Name">Exported name, case-sensitive.</param>
/// <param name="Module">"ntoskrnl.exe" or "hal.dll".</param>
/// <param name="Bytes">Size of the variable.</param>
/// <param name="Initialize">Writes the first value.</param>
public sealed unsafe record DataExport(string Name, string Module, int Bytes, delegate*<byte*, void> Initialize);
