using System.Runtime.InteropServices;
using Hil.Wdm;

namespace Hil.Generators.Tests;

public sealed unsafe class ThunkTests
{
    private const ulong Garbage = 0xEEEEEEEE_EEEEEEEE;

    [Fact]
    public void IntegersAreTruncatedToTheirTypes()
    {
        LoadedKernel kernel = SmallKernel.Load("""
            public static string Log = "";

            [Export]
            public static void F(byte a, sbyte b, ushort c, short d, uint e, int f, ulong g, nuint h, char i) =>
                Log = $"{a} {b} {c} {d} {e} {f} {g} {h} {i}";
            """);

        kernel.Call(
            "F", 0xEE01, 0xEEFF, 0xEEEE_0002, 0xEEEE_FFFE, 0xEEEE_0000_0003, 0xEEEE_FFFF_FFFD, 4, 5, 0xEEEE_0041);

        Assert.Equal("1 -1 2 -2 3 -3 4 5 A", kernel.Log);
    }

    [Fact]
    public void StructuresOfSlotSizeAreTakenFromTheSlot()
    {
        LoadedKernel kernel = SmallKernel.Load("""
            public static string Log = "";

            [Export]
            public static void F(
                KIRQL a, BOOLEAN b, NTSTATUS c, PHYSICAL_ADDRESS d, LARGE_INTEGER e, DriverRoutine f, POOL_TYPE g) =>
                    Log = $"{a.Value} {b} {c} {d} {e.QuadPart} {f} {g}";
            """);

        kernel.Call("F", 0xEE02, 0xEE00, 0xEEEE_0000_0103, 0xFEB0_0000, unchecked((ulong)-5), 0x1234, 0xEEEE_0000_0001);

        Assert.Equal("2 FALSE STATUS_PENDING 0xFEB00000 -5 0x1234 PagedPool", kernel.Log);
    }

    [Fact]
    public void StructuresOfOtherSizesAreTakenByReference()
    {
        LoadedKernel kernel = SmallKernel.Load("""
            public static string Log = "";

            public struct Three { public byte A, B, C; }

            [Export]
            public static void F(Three a, CLIENT_ID b) => Log = $"{a.C} {(ulong)b.UniqueThread}";
            """);
        byte* three = stackalloc byte[3] { 1, 2, 3 };
        ulong* clientId = stackalloc ulong[2] { 4, 5 };

        kernel.Call("F", (ulong)three, (ulong)clientId);

        Assert.Equal("3 5", kernel.Log);
        Assert.Equal(
            [$"0: 3 bytes at {(ulong)three:x}", $"1: 16 bytes at {(ulong)clientId:x}"],
            kernel.CheckedPointers);
    }

    [Fact]
    public void TypedPointersAreCheckedForWhatTheyPointAt()
    {
        LoadedKernel kernel = SmallKernel.Load("""
            [Export]
            public static void F(IRP* a, void* b, uint* c, IRP** d, [UncheckedPointer] uint* e) { }
            """);

        kernel.Call("F", 0x10, 0x20, 0x30, 0x40, 0x50);

        Assert.Equal([$"0: {sizeof(IRP)} bytes at 10", "2: 4 bytes at 30", "3: 8 bytes at 40"], kernel.CheckedPointers);
    }

    [Fact]
    public void VariableArgumentsBeginAtTheirSlot()
    {
        LoadedKernel kernel = SmallKernel.Load("""
            [Export]
            public static ulong Sum(uint count, VarArgs numbers)
            {
                ulong sum = 0;
                for (uint i = 0; i < count; i++)
                    sum += numbers.Slots[i];
                return sum;
            }
            """);

        Assert.Equal(21UL, kernel.Call("Sum", 6, 1, 2, 3, 4, 5, 6));
    }

    [Theory]
    [InlineData("void", "", 0UL)]
    [InlineData("NTSTATUS", "NtStatus.STATUS_UNSUCCESSFUL", 0xC000_0001UL)]
    [InlineData("BOOLEAN", "true", 1UL)]
    [InlineData("KIRQL", "(byte)2", 2UL)]
    [InlineData("byte", "200", 200UL)]
    [InlineData("uint", "0xFFFF_FFFF", 0xFFFF_FFFFUL)]
    [InlineData("void*", "(void*)0x1000_0000_0010", 0x1000_0000_0010UL)]
    [InlineData("POOL_TYPE", "POOL_TYPE.NonPagedPoolNx", 512UL)]
    [InlineData("PHYSICAL_ADDRESS", "new PHYSICAL_ADDRESS(0xFFFF_FFFF_0000_0000)", 0xFFFF_FFFF_0000_0000UL)]
    public void ResultIsPackedIntoRax(string type, string value, ulong expected)
    {
        LoadedKernel kernel = SmallKernel.Load($"[Export] public static {type} F() {{ return {value}; }}");

        Assert.Equal(expected, kernel.Call("F"));
    }

    [Fact]
    public void NegativeIntegerResultHasItsLowerBitsRight()
    {
        LoadedKernel kernel = SmallKernel.Load("[Export] public static int F() => -7;");

        Assert.Equal(-7, (int)kernel.Call("F", Garbage));
    }

    [Fact]
    public void ThunkIsOneCallBetweenChecksAndResult()
    {
        string text = SmallKernel.Generate("[Export] public static uint F(uint a, IRP* irp, KIRQL c, uint d, uint e) => 0;");

        Assert.Contains("""
                private static ulong CallF(
                    global::Hil.Kernel.Platform.KernelCallFrame* frame, ulong* registers)
                {
                    ulong* arguments = frame->Arguments;
                    global::Hil.Kernel.PointerCheck.Argument(registers[1], sizeof(global::Hil.Wdm.IRP), 1);
                    return unchecked((ulong)global::Hil.Kernel.Ntoskrnl.F(
                        unchecked((uint)registers[0]),
                        unchecked((global::Hil.Wdm.IRP*)registers[1]),
                        Unpack<global::Hil.Wdm.KIRQL>(registers, 2),
                        unchecked((uint)registers[3]),
                        unchecked((uint)arguments[4])));
                }
            """, text);
    }

    [Fact]
    public void VariableIsInitialisedByItsMethod()
    {
        LoadedKernel kernel = SmallKernel.Load("""
            [ExportData("KeTickCount", 4)]
            public static void WriteTickCount(byte* storage) => *(uint*)storage = 0x01020304;
            """);

        Assert.Equal(0x01020304, MemoryMarshal.Read<int>(kernel.FirstValue("KeTickCount")));
    }
}
