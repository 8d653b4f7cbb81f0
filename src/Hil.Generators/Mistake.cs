using Microsoft.CodeAnalysis;

namespace Hil.Generators;

/// <summary>A diagnostic that compares by value.</summary>
internal sealed record Mistake(DiagnosticDescriptor Descriptor, Place Place, string Subject, string Detail = "")
{
    public Diagnostic ToDiagnostic() => Diagnostic.Create(Descriptor, Place.ToLocation(), Subject, Detail);
}
