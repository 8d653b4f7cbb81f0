using System.Diagnostics;

namespace Hil.Trace.Tests.Export;

/// <summary>GTKWave's own converters: what they read, the viewer shows.</summary>
internal static class GtkWave
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Reads a value change dump into GTKWave's database, and writes it out again.</summary>
    public static async Task<string> ReadAndWriteAsync(byte[] vcd)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("hil-gtkwave-");
        try
        {
            string path = Path.Combine(folder.FullName, "trace.vcd");
            string database = Path.Combine(folder.FullName, "trace.fst");
            string again = Path.Combine(folder.FullName, "again.vcd");
            await File.WriteAllBytesAsync(path, vcd);
            await RunAsync("vcd2fst", "-v", path, "-f", database);
            await RunAsync("fst2vcd", "-f", database, "-o", again);
            return await File.ReadAllTextAsync(again);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(s_patience);
        Assert.True(process.ExitCode == 0, await output + await errors);
        Assert.Equal("", await errors);
    }

    private static Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InvalidOperationException($"{program} is missing: apt-get install gtkwave", e);
        }
    }
}
