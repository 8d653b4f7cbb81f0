using System.Linq;
using Microsoft.CodeAnalysis;

namespace Hil.Generators;

/// <summary>Reads a method that bears [ExportData].</summary>
internal static class VariableReader
{
    public static Found<VariableModel> Read(GeneratorAttributeSyntaxContext attributed)
    {
        var method = (IMethodSymbol)attributed.TargetSymbol;
        var place = Place.Of(method);
        AttributeData attribute = attributed.Attributes[0];
        string name = attribute.ConstructorArguments.FirstOrDefault().Value as string ?? method.Name;
        int bytes = attribute.ConstructorArguments.ElementAtOrDefault(1).Value as int? ?? 0;

        Mistake[] mistakes = bytes > 0 && IsInitializer(method)
            ? [.. FunctionReader.MethodMistakes(method, place)]
            : [new Mistake(Mistakes.Initializer, place, method.Name)];
        VariableModel? model = mistakes.Length > 0
            ? null
            : new VariableModel(name, method.ContainingType.Name, method.Name, bytes);
        return new Found<VariableModel>(model, place, new EquatableArray<Mistake>(mistakes));
    }

    private static bool IsInitializer(IMethodSymbol method) =>
        method.ReturnsVoid
        && method.Parameters.Length == 1
        && method.Parameters[0].Type is IPointerTypeSymbol { PointedAtType.SpecialType: SpecialType.System_Byte };
}
