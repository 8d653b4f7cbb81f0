using Microsoft.CodeAnalysis;

namespace Hil.Generators;

/// <summary>What can be wrong with a method that is to be exported.</summary>
internal static class Mistakes
{
    public static readonly DiagnosticDescriptor DuplicateName = Error(
        "HIL001", "Two exports have one name", "'{0}' is exported already");

    public static readonly DiagnosticDescriptor NotPublicStatic = Error(
        "HIL002", "An export must be public and static", "'{0}' must be public and static to be exported");

    public static readonly DiagnosticDescriptor Generic = Error(
        "HIL003", "An export cannot be generic", "'{0}' cannot be exported, because it is generic");

    public static readonly DiagnosticDescriptor ParameterType = Error(
        "HIL004", "A parameter of an export does not fit a slot", "Parameter '{0}' cannot be passed by a driver: {1}");

    public static readonly DiagnosticDescriptor ResultType = Error(
        "HIL005", "The result of an export does not fit RAX", "'{0}' cannot return its result to a driver: {1}");

    public static readonly DiagnosticDescriptor WrongClass = Error(
        "HIL006",
        "An export must be in Ntoskrnl, Hal or Wmilib",
        "'{0}' must be a method of Ntoskrnl, Hal or Wmilib to be exported");

    public static readonly DiagnosticDescriptor Initializer = Error(
        "HIL007",
        "An exported variable needs an initialiser",
        "'{0}' must be a public static 'void {0}(byte* storage)' to initialise a variable of at least one byte");

    public static readonly DiagnosticDescriptor IrqlRange = Error(
        "HIL008", "An export's IRQL range is empty", "'{0}' allows no IRQL: {1}");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "Hil.Exports", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
