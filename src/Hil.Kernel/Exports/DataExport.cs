namespace Hil.Kernel;

/// <summary>One variable that drivers can import: what the generator emits per
/// <see cref="ExportDataAttribute"/>.</summary>
public sealed unsafe class DataExport(string name, string module, int bytes, delegate*<byte*, void> initialize)
{
    /// <summary>Exported name, case-sensitive.</summary>
    public string Name { get; } = name;

    /// <summary>"ntoskrnl.exe" or "hal.dll".</summary>
    public string Module { get; } = module;

    /// <summary>Size of the variable in bytes.</summary>
    public int Bytes { get; } = bytes;

    /// <summary>Writes the first value.</summary>
    public delegate*<byte*, void> Initialize { get; } = initialize;
}
