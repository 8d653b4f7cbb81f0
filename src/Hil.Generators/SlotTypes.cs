using System;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace Hil.Generators;

/// <summary>Which types fit an 8-byte argument slot, how, and what C calls them.</summary>
internal static class SlotTypes
{
    /// <summary>Why a type cannot cross between driver and kernel; null if it can.</summary>
    public static string? Misfit(ITypeSymbol type) => type.SpecialType switch
    {
        SpecialType.System_Boolean => "a C# bool with another value than 0 or 1 misbehaves; use BOOLEAN",
        SpecialType.System_Single or SpecialType.System_Double => "floating point goes in XMM registers, not in slots",
        _ when IsPointer(type) => null,
        _ when !type.IsUnmanagedType => "it is a managed type",
        _ => null,
    };

    public static bool IsStructure(ITypeSymbol type) =>
        type.TypeKind == TypeKind.Struct && IntegerName(type.SpecialType) is null;

    /// <summary>As C# writes the type, with its namespace.</summary>
    public static string FullName(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    /// <summary>As C writes the type.</summary>
    public static string CName(ITypeSymbol type) => type switch
    {
        IPointerTypeSymbol { PointedAtType.SpecialType: SpecialType.System_Void } => "PVOID",
        IPointerTypeSymbol pointer => CName(pointer.PointedAtType) + "*",
        IFunctionPointerTypeSymbol => "PVOID",
        { SpecialType: SpecialType.System_Void } => "VOID",
        { Name: "DriverRoutine" } => "PVOID",
        { Name: "Guid" } => "GUID",
        _ => IntegerName(type.SpecialType) ?? type.Name,
    };

    /// <summary>The size in bytes of an unmanaged type whose fields are naturally aligned or have offsets.</summary>
    public static int SizeOf(ITypeSymbol type)
    {
        if (IsPointer(type))
            return 8;
        if (type is INamedTypeSymbol { EnumUnderlyingType: INamedTypeSymbol underlying })
            return SizeOf(underlying);
        return IntegerName(type.SpecialType) is null ? SizeOfStructure(type) : SizeOfInteger(type.SpecialType);
    }

    private static int SizeOfStructure(ITypeSymbol type)
    {
        int end = 0;
        int alignment = 1;
        foreach (IFieldSymbol field in type.GetMembers().OfType<IFieldSymbol>().Where(static field => !field.IsStatic))
        {
            int size = SizeOf(field.Type);
            int fieldAlignment = Math.Max(1, Math.Min(size, 8));
            int offset = ExplicitOffset(field) ?? RoundUp(end, fieldAlignment);
            end = Math.Max(end, offset + size);
            alignment = Math.Max(alignment, fieldAlignment);
        }
        return RoundUp(end, alignment);
    }

    private static int? ExplicitOffset(IFieldSymbol field) =>
        field.GetAttributes()
            .FirstOrDefault(static attribute => attribute.AttributeClass?.Name == "FieldOffsetAttribute")
            ?.ConstructorArguments[0].Value as int?;

    private static int RoundUp(int value, int alignment) => (value + alignment - 1) / alignment * alignment;

    private static bool IsPointer(ITypeSymbol type) => type is IPointerTypeSymbol or IFunctionPointerTypeSymbol;

    private static int SizeOfInteger(SpecialType type) => type switch
    {
        SpecialType.System_Byte or SpecialType.System_SByte => 1,
        SpecialType.System_Int16 or SpecialType.System_UInt16 or SpecialType.System_Char => 2,
        SpecialType.System_Int32 or SpecialType.System_UInt32 => 4,
        _ => 8,
    };

    private static string? IntegerName(SpecialType type) => type switch
    {
        SpecialType.System_Byte => "UCHAR",
        SpecialType.System_SByte => "CHAR",
        SpecialType.System_Int16 => "SHORT",
        SpecialType.System_UInt16 => "USHORT",
        SpecialType.System_Char => "WCHAR",
        SpecialType.System_Int32 => "LONG",
        SpecialType.System_UInt32 => "ULONG",
        SpecialType.System_Int64 => "LONGLONG",
        SpecialType.System_UInt64 => "ULONGLONG",
        SpecialType.System_IntPtr => "LONG_PTR",
        SpecialType.System_UIntPtr => "ULONG_PTR",
        _ => null,
    };
}
