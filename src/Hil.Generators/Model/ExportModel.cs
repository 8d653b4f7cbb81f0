namespace Hil.Generators;

/// <summary>What functions and variables have in common: the name drivers import, and the module it is in.</summary>
/// <param name="Class">The C# class, "Ntoskrnl", "Hal" or "Wmilib".</param>
/// <param name="Method">The C# method's name.</param>
internal abstract record ExportModel(string Name, string Class, string Method)
{
    public const string NtoskrnlClass = "Ntoskrnl";
    public const string HalClass = "Hal";
    public const string WmilibClass = "Wmilib";

    public string Module => Class switch
    {
        HalClass => "hal.dll",
        WmilibClass => "wmilib.sys",
        _ => "ntoskrnl.exe",
    };
}

internal sealed record FunctionModel(
    string Name,
    string Class,
    string Method,
    byte MinIrql,
    byte MaxIrql,
    ResultModel Result,
    EquatableArray<ParameterModel> Parameters)
    : ExportModel(Name, Class, Method);

internal sealed record VariableModel(string Name, string Class, string Method, int Bytes)
    : ExportModel(Name, Class, Method);

/// <param name="Type">As C# writes it in full.</param>
/// <param name="CType">As C would write it.</param>
/// <param name="Pointee">What to check for when the argument is a typed pointer; null for no check.</param>
internal sealed record ParameterModel(string Name, string Type, string CType, ArgumentKind Kind, string? Pointee);

internal sealed record ResultModel(string CType, ResultKind Kind);

internal enum ArgumentKind
{
    /// <summary>Integers, enumerations and pointers: a cast of the slot.</summary>
    Scalar,

    /// <summary>A structure: in the slot if it has 1, 2, 4 or 8 bytes, otherwise the slot points at it.</summary>
    Structure,

    /// <summary>VarArgs: the address of this slot, where the variable arguments begin.</summary>
    VariableArguments,
}

internal enum ResultKind
{
    Void,
    Scalar,
    Structure,
}
