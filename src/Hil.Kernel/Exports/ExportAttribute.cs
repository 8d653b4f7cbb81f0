namespace Hil.Kernel;

/// <summary>Makes a static method of <see cref="Ntoskrnl"/>, <see cref="Hal"/> or <see cref="Wmilib"/> an import
/// that drivers can bind to.</summary>
/// <remarks>The only registration there is: the generator makes the import-table entry, the argument unpacking, the
/// IRQL check and the line in `hil exports` from it.</remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ExportAttribute : Attribute
{
    /// <summary>Lowest IRQL at which the documentation allows the call.</summary>
    public byte MinIrql { get; init; }

    /// <summary>Highest IRQL at which the documentation allows the call.</summary>
    public byte MaxIrql { get; init; } = HIGH_LEVEL;

    /// <summary>Exported name, where it is not the method's (C# keywords, leading underscores, name aliases).</summary>
    public string? Name { get; init; }
}
