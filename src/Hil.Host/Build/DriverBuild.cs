using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Hil.Host;

/// <summary>Compiles a driver's C sources with mingw-w64, when something is newer than the image.</summary>
public static class DriverBuild
{
    /// <summary>The compiler's program name.</summary>
    public const string Compiler = "x86_64-w64-mingw32-gcc";

    private const string Stripper = "x86_64-w64-mingw32-objcopy";

    /// <summary>What installs it.</summary>
    public const string InstallCommand = "apt-get install gcc-mingw-w64-x86-64";

    // wdm.h, ntddk.h and ntstrsafe.h here stand before mingw-w64's and include them; wdmsec.h takes its place.
    private static readonly string s_headers = Path.Combine(AppContext.BaseDirectory, "include");

    // Drivers are written for a compiler that lets a structure's last array, of one element, be longer (resource
    // lists), and a value be read as another type. GCC would end loops over such lists after the first element.
    // Without the define, stdio.h makes sprintf a function of mingw's run-time library, which drivers do not have.
    private static readonly string[] s_options =
    [
        "-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Wno-unknown-pragmas", "-Wno-multichar", "-Wno-array-bounds",
        "-fno-aggressive-loop-optimizations", "-fno-strict-aliasing",
        "-D__USE_MINGW_ANSI_STDIO=0", "-isystem", s_headers, "-isystem", "/usr/x86_64-w64-mingw32/include/ddk",
        "-nostdlib", "-Wl,--subsystem,native", "-Wl,--entry,DriverEntry",
    ];

    private static readonly string[] s_libraries =
        ["-lntoskrnl", "-lhal", "-lwmilib", KernelImportLibrary.Path, "-lgcc"];

    /// <summary>Returns the path of the image, which is up to date then.</summary>
    /// <param name="say">Gets the lines that the compiler prints.</param>
    /// <exception cref="DriverBuildException">There is no image.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; the compiler has ended.</exception>
    public static string Build(
        DriverSection driver, Action<string> say, CancellationToken cancellation = default)
    {
        if (driver.Image != null)
            return driver.Image;
        string folder = Path.Combine(ArtifactsFolder.Path, "drivers", driver.Name);
        try
        {
            Directory.CreateDirectory(folder);
            return BuildIn(folder, driver, say, cancellation);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DriverBuildException(
                $"{driver.Name} cannot be built: {e.Message.TrimEnd('.')}. Drivers are built there, beside hil");
        }
    }

    private static string BuildIn(
        string folder, DriverSection driver, Action<string> say, CancellationToken cancellation)
    {
        string image = Path.Combine(folder, driver.Name + ".sys");
        string commandFile = Path.Combine(folder, "command.txt");
        string command = string.Join('\n', [driver.Folder, .. CommandLine(driver, image), HeaderDigest()]);
        if (IsCurrent(driver, image, commandFile, command))
            return image;

        // Two runs at once must not see each other's half-written image.
        string fresh = Path.Combine(
            folder, string.Create(CultureInfo.InvariantCulture, $".{Environment.ProcessId}-{driver.Name}.sys"));
        string debug = Path.ChangeExtension(fresh, SourceLines.DebugExtension);
        try
        {
            Compile(driver, debug, say, cancellation);
            Strip(driver, debug, fresh);
            File.Move(debug, Path.ChangeExtension(image, SourceLines.DebugExtension), overwrite: true);
            File.Move(fresh, image, overwrite: true);
        }
        finally
        {
            File.Delete(fresh);
            File.Delete(debug);
        }
        File.WriteAllText(commandFile, command);
        return image;
    }

    private static bool IsCurrent(DriverSection driver, string image, string commandFile, string command)
    {
        if (!File.Exists(image) || !File.Exists(commandFile) || File.ReadAllText(commandFile) != command)
            return false;
        DateTime built = File.GetLastWriteTimeUtc(image);
        foreach (string path in Directory.EnumerateFiles(driver.Folder, "*", SearchOption.AllDirectories))
        {
            if (Path.GetExtension(path) is ".c" or ".h" or ".inc" && File.GetLastWriteTimeUtc(path) >= built)
                return false;
        }
        return true;
    }

    private static string HeaderDigest() =>
        Convert.ToHexString(SHA256.HashData(
            [.. Directory.EnumerateFiles(s_headers).Order(StringComparer.Ordinal).SelectMany(File.ReadAllBytes)]));

    private static IEnumerable<string> CommandLine(DriverSection driver, string image) =>
    [
        .. s_options,
        .. driver.Defines.Select(define => "-D" + define),
        "-o", image,
        .. driver.Sources.Select(source => Path.Combine(".", Path.GetRelativePath(driver.Folder, source))),
        .. s_libraries,
    ];

    /// <summary>Starts the compiler.</summary>
    /// <exception cref="DriverBuildException">There is none.</exception>
    internal static void Start(Process compiler)
    {
        try
        {
            compiler.Start();
        }
        catch (Win32Exception e)
        {
            throw new DriverBuildException(
                $"{compiler.StartInfo.FileName} cannot be started ({e.Message}); install it with: {InstallCommand}");
        }
    }

    // The debug information is six times the image, which goes whole into each trace.
    private static void Strip(DriverSection driver, string from, string to)
    {
        using var strip = new Process { StartInfo = new ProcessStartInfo(Stripper, ["--strip-debug", from, to]) };
        Start(strip);
        strip.WaitForExit();
        if (strip.ExitCode != 0)
            throw new DriverBuildException($"{driver.Name}: {Stripper} failed (exit code {strip.ExitCode})");
    }

    private static void Compile(
        DriverSection driver, string image, Action<string> say, CancellationToken cancellation)
    {
        KernelImportLibrary.Make();
        var start = new ProcessStartInfo(Compiler, CommandLine(driver, image))
        {
            WorkingDirectory = driver.Folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var compiler = new Process { StartInfo = start };
        compiler.ErrorDataReceived += Pass;
        compiler.OutputDataReceived += Pass;
        Start(compiler);
        compiler.BeginErrorReadLine();
        compiler.BeginOutputReadLine();
        // The compiler has children of its own, which would write on.
        using (cancellation.Register(() => compiler.Kill(entireProcessTree: true)))
            compiler.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        if (compiler.ExitCode != 0)
            throw new DriverBuildException($"{driver.Name}: the compiler failed (exit code {compiler.ExitCode})");

        void Pass(object sender, DataReceivedEventArgs line)
        {
            if (line.Data != null)
                say(line.Data);
        }
    }
}
