namespace Hil.Kernel;

/// <summary>Makes a static method `void F(byte* storage)` the initialiser of an exported variable of the
/// given size.</summary>
/// <remarks>The variable lives in driver-visible memory; the method writes its first value when the kernel
/// starts.</remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ExportDataAttribute(string name, int bytes) : Attribute
{
    public string Name { get; } = name;

    /// <summary>Size of the variable in bytes.</summary>
    public int Bytes { get; } = bytes;
}
