using System.Diagnostics;
using System.Text;
using Hil.Kernel;

namespace Hil.Host;

// The linker makes an import library beside a DLL in one go; dlltool would call the assembler for each name, which takes
// twenty seconds. So a DLL with these exports is linked, and thrown away.

/// <summary>An import library of all that the kernel exports: mingw-w64's own lacks the newer routines.</summary>
internal static class KernelImportLibrary
{
    private const string Module = "ntoskrnl.exe";

    private static readonly string s_folder = System.IO.Path.Combine(ArtifactsFolder.Path, "drivers", ".kernel");

    public static string Path { get; } = System.IO.Path.Combine(s_folder, "libhil-ntoskrnl.a");

    /// <summary>Makes the library, unless it is there and of these exports.</summary>
    /// <exception cref="DriverBuildException">It cannot be made.</exception>
    public static void Make()
    {
        string exports = System.IO.Path.Combine(s_folder, "exports.def");
        string text = Describe();
        if (File.Exists(Path) && File.Exists(exports) && File.ReadAllText(exports) == text)
            return;
        Directory.CreateDirectory(s_folder);

        // Two runs at once each make their own; the last one stays, and they are the same.
        DirectoryInfo work = Directory.CreateDirectory(System.IO.Path.Combine(s_folder, $".{Environment.ProcessId}"));
        try
        {
            File.WriteAllText(System.IO.Path.Combine(work.FullName, "exports.def"), text);
            File.WriteAllText(System.IO.Path.Combine(work.FullName, "stubs.s"), DefineAll());
            Link(work.FullName);
            File.Move(System.IO.Path.Combine(work.FullName, "library.a"), Path, overwrite: true);
            File.Move(System.IO.Path.Combine(work.FullName, "exports.def"), exports, overwrite: true);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static IEnumerable<string> FunctionNames =>
        ExportTable.Functions.Where(export => export.Module == Module).Select(export => export.Name);

    private static IEnumerable<string> VariableNames => ExportTable.Variables.Select(variable => variable.Name);

    private static string Describe()
    {
        var text = new StringBuilder($"LIBRARY {Module}\nEXPORTS\n");
        foreach (string name in FunctionNames)
            text.Append(name).Append('\n');
        foreach (string name in VariableNames)
            text.Append(name).Append(" DATA\n");
        return text.ToString();
    }

    private static string DefineAll()
    {
        var text = new StringBuilder(".text\n");
        foreach (string name in FunctionNames.Concat(VariableNames))
            text.Append(".globl ").Append(name).Append('\n').Append(name).Append(": ret\n");
        return text.ToString();
    }

    private static void Link(string folder)
    {
        string[] arguments =
        [
            "-shared", "-nostdlib", "-Wl,--entry,0", "-o", Module, "stubs.s", "exports.def",
            "-Wl,--out-implib,library.a",
        ];
        var start = new ProcessStartInfo(DriverBuild.Compiler, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
        };
        using var linker = new Process { StartInfo = start };
        DriverBuild.Start(linker);
        string errors = linker.StandardError.ReadToEnd();
        linker.WaitForExit();
        if (linker.ExitCode != 0)
            throw new DriverBuildException($"no import library can be made (exit code {linker.ExitCode}): {errors}");
    }
}
