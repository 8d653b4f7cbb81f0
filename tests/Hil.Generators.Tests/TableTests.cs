using Microsoft.CodeAnalysis;

namespace Hil.Generators.Tests;

public sealed class TableTests
{
    [Fact]
    public void EveryExportHasALineInOrdinalOrder()
    {
        LoadedKernel kernel = SmallKernel.Load("""
            [Export(MaxIrql = DISPATCH_LEVEL)]
            public static NTSTATUS ZwClose(void* handle) => 0;

            [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
            public static void IoStartNextPacket(DEVICE_OBJECT* device, BOOLEAN cancelable) { }

            [Export]
            public static void _local_unwind() { }
            """);

        Assert.Equal(
            [
                "IoStartNextPacket ntoskrnl.exe 2..2 VOID IoStartNextPacket(DEVICE_OBJECT* device, BOOLEAN cancelable)",
                "ZwClose ntoskrnl.exe 0..2 NTSTATUS ZwClose(PVOID handle)",
                "_local_unwind ntoskrnl.exe 0..15 VOID _local_unwind(VOID)",
            ],
            kernel.Table);
    }

    [Theory]
    [InlineData("byte", "UCHAR")]
    [InlineData("char*", "WCHAR*")]
    [InlineData("ulong", "ULONGLONG")]
    [InlineData("nuint", "ULONG_PTR")]
    [InlineData("void**", "PVOID*")]
    [InlineData("DriverRoutine", "PVOID")]
    [InlineData("Guid*", "GUID*")]
    [InlineData("delegate*<int, void>", "PVOID")]
    [InlineData("EVENT_TYPE", "EVENT_TYPE")]
    public void SignatureIsAsCWouldPrintIt(string type, string expected)
    {
        LoadedKernel kernel = SmallKernel.Load($"[Export] public static void F({type} a) {{ }}");

        Assert.EndsWith($" VOID F({expected} a)", Assert.Single(kernel.Table));
    }

    [Fact]
    public void VariableArgumentsArePrintedAsDots()
    {
        LoadedKernel kernel = SmallKernel.Load(
            "[Export] public static uint DbgPrint(byte* format, VarArgs arguments) => 0;");

        Assert.EndsWith(" ULONG DbgPrint(UCHAR* format, ...)", Assert.Single(kernel.Table));
    }

    [Fact]
    public void OverloadsCanBeExportedUnderOtherNames()
    {
        LoadedKernel kernel = SmallKernel.Load("""
            [Export] public static uint F() => 1;
            [Export(Name = "F2")] public static uint F(uint a) => 2;
            """);

        Assert.Equal(1UL, kernel.Call("F"));
        Assert.Equal(2UL, kernel.Call("F2"));
    }

    [Fact]
    public void MethodNamedLikeAKeywordIsCalled()
    {
        LoadedKernel kernel = SmallKernel.Load("[Export] public static uint @lock() => 3;");

        Assert.Equal(3UL, kernel.Call("lock"));
    }

    [Fact]
    public void ExportsOfHalAreInHalDll()
    {
        const string Source = """
            namespace Hil.Kernel;

            public static class Hal
            {
                [Export] public static void KeStallExecutionProcessor(uint microSeconds) { }
            }
            """;

        GeneratorDriverRunResult result = SmallKernel.Run(SmallKernel.CompileFile(Source));

        string text = Assert.Single(result.GeneratedTrees).ToString();
        Assert.Contains("""new("KeStallExecutionProcessor", "hal.dll", 0, 15,""", text);
    }

    [Fact]
    public void KernelWithoutExportsCompiles() => Assert.Empty(SmallKernel.Load("").Table);
}
