using System.Reflection;
using Hil.Wdm;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Hil.Generators.Tests;

/// <summary>The kernel's export classes, a pointer check that only takes notes, and one test's exports.</summary>
internal static class SmallKernel
{
    private const string Rest = """
        global using System;
        global using System.Collections.Generic;
        global using Hil.Kernel;
        global using Hil.Kernel.Platform;
        global using Hil.Wdm;
        global using static Hil.Wdm.WdmConstants;

        namespace Hil.Kernel;

        public static class PointerCheck
        {
            public static List<string> Checked { get; } = [];

            public static void Argument(ulong address, int bytes, int argument) =>
                Checked.Add($"{argument}: {bytes} bytes at {address:x}");
        }

        public static unsafe class Caller
        {
            public static ulong Call(string name, ulong[] arguments)
            {
                if (!ExportTable.TryFind(name, out int id))
                    throw new ArgumentException(name);
                ulong* memory = stackalloc ulong[64];
                var frame = (KernelCallFrame*)memory;
                for (int i = 0; i < arguments.Length; i++)
                    frame->Arguments[i] = arguments[i];
                return ExportTable.Functions[id].Invoke(frame, frame->Arguments);
            }

            public static byte[] FirstValue(string name)
            {
                DataExport variable = Array.Find(ExportTable.Variables, one => one.Name == name)!;
                byte[] bytes = new byte[variable.Bytes];
                fixed (byte* storage = bytes)
                    variable.Initialize(storage);
                return bytes;
            }
        }
        """;

    private static readonly MetadataReference[] s_references = References();
    private static readonly CSharpParseOptions s_parseOptions = new(LanguageVersion.Preview);

    /// <summary>Compiles the kernel around a test's members of Ntoskrnl, without the generator's part.</summary>
    public static CSharpCompilation Compile(string members) => CompileFile(InNtoskrnl(members));

    public static CSharpCompilation CompileFile(string source)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "kernel");
        IEnumerable<SyntaxTree> trees = Directory.GetFiles(folder, "*.cs")
            .Select(path => Parse(File.ReadAllText(path), path))
            .Append(Parse(Rest, "Rest.cs"))
            .Append(Parse(source, "Exports.cs"));
        return CSharpCompilation.Create(
            $"SmallKernel{Guid.NewGuid():N}",
            trees,
            s_references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
    }

    public static SyntaxTree Parse(string text, string path) => CSharpSyntaxTree.ParseText(text, s_parseOptions, path);

    public static string InNtoskrnl(string members) => $$"""
        namespace Hil.Kernel;

        public static unsafe partial class Ntoskrnl
        {
        {{members}}
        }
        """;

    public static CSharpGeneratorDriver CreateDriver() => CSharpGeneratorDriver.Create(
        [new ExportGenerator().AsSourceGenerator()],
        parseOptions: s_parseOptions,
        driverOptions: new GeneratorDriverOptions(
            IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>What the generator writes.</summary>
    public static string Generate(string members) =>
        Run(Compile(members)).GeneratedTrees.Single().ToString();

    public static GeneratorDriverRunResult Run(Compilation compilation) =>
        CreateDriver().RunGenerators(compilation).GetRunResult();

    /// <summary>Compiles the kernel with the generator's part and loads it.</summary>
    public static LoadedKernel Load(string members)
    {
        CreateDriver().RunGeneratorsAndUpdateCompilation(Compile(members), out Compilation compilation, out _);
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        Assert.True(result.Success, string.Join(Environment.NewLine, result.Diagnostics));
        return new LoadedKernel(Assembly.Load(image.ToArray()));
    }

    private static MetadataReference[] References()
    {
        string platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        string[] wanted = ["System.Runtime.dll", "System.Private.CoreLib.dll", "System.Collections.dll"];
        IEnumerable<string> paths = platform.Split(Path.PathSeparator)
            .Where(path => wanted.Contains(Path.GetFileName(path)))
            .Append(typeof(IRP).Assembly.Location);
        return [.. paths.Select(path => MetadataReference.CreateFromFile(path))];
    }
}
