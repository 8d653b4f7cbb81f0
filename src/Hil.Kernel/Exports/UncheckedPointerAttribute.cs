namespace Hil.Kernel;

/// <summary>Marks a typed pointer parameter of an export that may point outside the RAM window: at device registers, or
/// at user memory that the export probes itself. The generator then leaves out its check.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class UncheckedPointerAttribute : Attribute;
