using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.InteropServices;

namespace Hil.Wdm.Tests;

/// <summary>Measures a C# structure as the runtime lays it out, which need not be how it is marshalled.</summary>
internal static unsafe class StructureLayout
{
    private const BindingFlags PublicInstance = BindingFlags.Public | BindingFlags.Instance;

    public static int SizeOf(Type type)
    {
        DynamicMethod method = Method("SizeOf", typeof(int));
        ILGenerator il = method.GetILGenerator();
        il.Emit(OpCodes.Sizeof, type);
        il.Emit(OpCodes.Ret);
        return (int)method.Invoke(null, null)!;
    }

    /// <summary>Everything in which a structure differs from its golden row; empty if nothing.</summary>
    public static IEnumerable<string> Differences(Type type, GoldenRow row)
    {
        if (SizeOf(type) != row.Size)
            yield return $"size is {SizeOf(type)}, not {row.Size}";
        foreach (GoldenField golden in row.Fields)
        {
            GoldenField? actual = Find(type, golden);
            if (actual is null)
                yield return $"{golden.Path} is missing";
            else if (actual != golden)
                yield return $"{golden.Path} is {actual}, not {golden}";
        }
    }

    private static GoldenField? Find(Type type, GoldenField golden)
    {
        int offset = 0;
        string[] names = golden.Path.Split('.');
        foreach (string name in names[..^1])
        {
            FieldInfo? outer = type.GetField(name, PublicInstance);
            if (outer is null)
                return null;
            offset += OffsetOf(type, outer);
            type = outer.FieldType;
        }
        return FindLast(type, names[^1], golden, offset);
    }

    private static GoldenField? FindLast(Type type, string name, GoldenField golden, int offset)
    {
        if (type.GetField(name, PublicInstance) is FieldInfo field)
            return new GoldenField(golden.Path, offset + OffsetOf(type, field), SizeOf(field.FieldType));
        if (type.GetProperty(name, PublicInstance) is not PropertyInfo property)
            return null;
        return property.PropertyType.IsByRef
            ? new GoldenField(golden.Path, offset + OffsetOf(type, property), golden.Size)
            : MeasureBits(type, property, golden, offset);
    }

    private static int OffsetOf(Type type, FieldInfo field) =>
        Address(type, il => il.Emit(OpCodes.Ldflda, field));

    private static int OffsetOf(Type type, PropertyInfo property) =>
        Address(type, il => il.Emit(OpCodes.Call, property.GetMethod!));

    private static int Address(Type type, Action<ILGenerator> emitAddress)
    {
        DynamicMethod method = Method("Address", typeof(nint), typeof(nint));
        ILGenerator il = method.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        emitAddress(il);
        il.Emit(OpCodes.Conv_I);
        il.Emit(OpCodes.Ret);
        void* instance = NativeMemory.AllocZeroed((nuint)SizeOf(type));
        try
        {
            return (int)((nint)method.Invoke(null, [(nint)instance])! - (nint)instance);
        }
        finally
        {
            NativeMemory.Free(instance);
        }
    }

    private static DynamicMethod Method(string name, Type? result, params Type[] parameters) =>
        new(name, result, parameters, typeof(StructureLayout).Module, skipVisibility: true);

    // Sets all bits of the bit field in zeroed memory and looks which bits of which bytes that changed.
    private static GoldenField MeasureBits(Type type, PropertyInfo property, GoldenField golden, int offset)
    {
        DynamicMethod method = Method("SetBits", null, typeof(nint));
        ILGenerator il = method.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_M1);
        if (property.PropertyType == typeof(ulong))
            il.Emit(OpCodes.Conv_I8);
        il.Emit(OpCodes.Call, property.SetMethod!);
        il.Emit(OpCodes.Ret);

        byte[] bytes = GC.AllocateArray<byte>(SizeOf(type), pinned: true);
        fixed (byte* instance = bytes)
            method.Invoke(null, [(nint)instance]);
        return Describe(bytes, golden, offset);
    }

    private static GoldenField Describe(byte[] bytes, GoldenField golden, int offset)
    {
        List<int> set = [.. Enumerable.Range(0, bytes.Length * 8).Where(bit => (bytes[bit / 8] >> (bit % 8) & 1) != 0)];
        bool isRun = set.Count > 0 && set[^1] - set[0] + 1 == set.Count;
        int unitOffset = golden.Offset - offset;
        return isRun
            ? golden with { Offset = unitOffset + offset, Bit = set[0] - unitOffset * 8, Bits = set.Count }
            : golden with { Bits = -1 };
    }
}
