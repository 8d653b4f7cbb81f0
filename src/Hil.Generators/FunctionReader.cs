using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace Hil.Generators;

/// <summary>Reads a method that bears [Export].</summary>
internal static class FunctionReader
{
    private const string UncheckedPointerAttribute = "UncheckedPointerAttribute";
    private const string VariableArgumentsType = "VarArgs";
    private const byte HighLevel = 15;

    public static Found<FunctionModel> Read(GeneratorAttributeSyntaxContext attributed)
    {
        var method = (IMethodSymbol)attributed.TargetSymbol;
        var place = Place.Of(method);
        List<Mistake> mistakes = [.. MethodMistakes(method, place)];

        AttributeData attribute = attributed.Attributes[0];
        byte minIrql = Option(attribute, "MinIrql", (byte)0);
        byte maxIrql = Option(attribute, "MaxIrql", HighLevel);
        if (minIrql > maxIrql)
            mistakes.Add(new Mistake(Mistakes.IrqlRange, place, method.Name, $"{minIrql} is above {maxIrql}"));

        ParameterModel[] parameters = [.. method.Parameters.Select(parameter => ReadParameter(parameter, mistakes))];
        ResultModel result = ReadResult(method, place, mistakes);
        FunctionModel? model = mistakes.Count > 0
            ? null
            : new FunctionModel(
                Option(attribute, "Name", method.Name),
                method.ContainingType.Name,
                method.Name,
                minIrql,
                maxIrql,
                result,
                new EquatableArray<ParameterModel>(parameters));
        return new Found<FunctionModel>(model, place, new EquatableArray<Mistake>(mistakes));
    }

    /// <summary>What is wrong with the method itself, whatever its parameters.</summary>
    public static IEnumerable<Mistake> MethodMistakes(IMethodSymbol method, Place place)
    {
        if (!method.IsStatic || method.DeclaredAccessibility != Accessibility.Public)
            yield return new Mistake(Mistakes.NotPublicStatic, place, method.Name);
        if (method.IsGenericMethod)
            yield return new Mistake(Mistakes.Generic, place, method.Name);
        if (method.ContainingType.Name
            is not (ExportModel.NtoskrnlClass or ExportModel.HalClass or ExportModel.WmilibClass))
            yield return new Mistake(Mistakes.WrongClass, place, method.Name);
    }

    private static T Option<T>(AttributeData attribute, string name, T otherwise) =>
        attribute.NamedArguments.FirstOrDefault(argument => argument.Key == name).Value.Value is T value
            ? value
            : otherwise;

    private static ParameterModel ReadParameter(IParameterSymbol parameter, List<Mistake> mistakes)
    {
        string? misfit = parameter.RefKind != RefKind.None
            ? "it is passed by reference; make it a pointer"
            : SlotTypes.Misfit(parameter.Type);
        bool isVariable = parameter.Type.Name == VariableArgumentsType;
        if (isVariable && parameter.Ordinal + 1 < ((IMethodSymbol)parameter.ContainingSymbol).Parameters.Length)
            misfit = "variable arguments come last";
        if (misfit is not null)
            mistakes.Add(new Mistake(Mistakes.ParameterType, Place.Of(parameter), parameter.Name, misfit));

        ArgumentKind kind = isVariable ? ArgumentKind.VariableArguments
            : SlotTypes.IsStructure(parameter.Type) ? ArgumentKind.Structure
            : ArgumentKind.Scalar;
        return new ParameterModel(
            parameter.Name,
            SlotTypes.FullName(parameter.Type),
            SlotTypes.CName(parameter.Type),
            kind,
            Pointee(parameter));
    }

    private static string? Pointee(IParameterSymbol parameter)
    {
        if (parameter.Type is not IPointerTypeSymbol { PointedAtType: ITypeSymbol pointee })
            return null;
        bool isUnchecked = pointee.SpecialType == SpecialType.System_Void
            || parameter.GetAttributes().Any(static one => one.AttributeClass?.Name == UncheckedPointerAttribute);
        return isUnchecked ? null : SlotTypes.FullName(pointee);
    }

    private static ResultModel ReadResult(IMethodSymbol method, Place place, List<Mistake> mistakes)
    {
        ITypeSymbol type = method.ReturnType;
        if (type.SpecialType == SpecialType.System_Void)
            return new ResultModel("VOID", ResultKind.Void);
        string? misfit = method.RefKind != RefKind.None ? "it is a reference" : SlotTypes.Misfit(type);
        if (misfit is null && SlotTypes.IsStructure(type) && SlotTypes.SizeOf(type) > 8)
            misfit = "it has more than 8 bytes";
        if (misfit is not null)
            mistakes.Add(new Mistake(Mistakes.ResultType, place, method.Name, misfit));
        return new ResultModel(
            SlotTypes.CName(type), SlotTypes.IsStructure(type) ? ResultKind.Structure : ResultKind.Scalar);
    }
}
