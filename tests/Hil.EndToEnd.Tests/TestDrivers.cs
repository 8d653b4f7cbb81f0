using System.Diagnostics;

namespace Hil.EndToEnd.Tests;

/// <summary>The drivers under tests/drivers, compiled once for a test run.</summary>
internal static class TestDrivers
{
    private static readonly Lazy<string> s_folder = new(Build);

    /// <summary>The repository, from wherever the tests run.</summary>
    public static string Root { get; } = FindRoot();

    public static string Sources => Path.Combine(Root, "tests", "drivers");

    /// <summary>Path of a compiled driver, such as "bad" or "edu".</summary>
    public static string Image(string name) => Path.Combine(s_folder.Value, name + ".sys");

    /// <summary>The control code that runs one test of a self-checking driver: its row in check.h's table.</summary>
    public static string RequestOf(string driver, string test)
    {
        const uint RunAll = 0x222000;
        string[] rows =
            [.. File.ReadLines(Path.Combine(Sources, driver + ".c")).Where(line => line.Contains("CHECK_CASE_OF("))];
        int row = Array.FindIndex(rows, line => line.Contains($"({test})", StringComparison.Ordinal));
        return row >= 0
            ? $"0x{RunAll + (row + 1) * 4:x}"
            : throw new ArgumentException($"{driver}.c has no test {test}", nameof(test));
    }

    /// <summary>Compiles one source with mingw-w64, as a driver author may do it without hil.</summary>
    public static void Compile(string image, string source, params string[] options)
    {
        const string Headers = "/usr/x86_64-w64-mingw32/include/ddk";
        string[] linking = ["-nostdlib", "-Wl,--subsystem,native", "-Wl,--entry,DriverEntry", "-lntoskrnl"];
        Run("x86_64-w64-mingw32-gcc", [.. options, "-isystem", Headers, "-o", image, source, .. linking]);
    }

    private static string Build()
    {
        string folder = Path.Combine(Root, "artifacts", "test-drivers");
        Run(Path.Combine(Sources, "build.sh"), [folder]);
        return folder;
    }

    private static void Run(string program, string[] arguments)
    {
        using Process build =
            Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string errors = build.StandardError.ReadToEnd();
        build.WaitForExit();
        if (build.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {build.ExitCode}: {errors}");
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "Hil.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests run inside the repository");
    }
}
