using System.Diagnostics;

namespace Hil.Trace.Tests.Export;

/// <summary>Headless Chromium, as a user's browser would open a page.</summary>
internal static class Chromium
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>The page's DOM after its scripts have run, and what they wrote to the console.</summary>
    public static async Task<(string Dom, string Console)> OpenAsync(string url, params string[] arguments)
    {
        DirectoryInfo profile = Directory.CreateTempSubdirectory("hil-chromium-");
        try
        {
            using Process browser = Start(profile.FullName, [.. arguments, url]);
            Task<string> dom = browser.StandardOutput.ReadToEndAsync();
            Task<string> log = browser.StandardError.ReadToEndAsync();
            await browser.WaitForExitAsync().WaitAsync(s_patience);
            IEnumerable<string> console = (await log).Split('\n').Where(static line => line.Contains("CONSOLE"));
            return (await dom, string.Join('\n', console));
        }
        finally
        {
            profile.Delete(recursive: true);
        }
    }

    private static Process Start(string profile, string[] arguments)
    {
        var start = new ProcessStartInfo("chromium") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] all =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,800", "--enable-logging=stderr", "--v=0",
            $"--user-data-dir={profile}", .. arguments,
        ];
        foreach (string argument in all)
            start.ArgumentList.Add(argument);
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InvalidOperationException("chromium is missing: apt-get install chromium", e);
        }
    }
}
