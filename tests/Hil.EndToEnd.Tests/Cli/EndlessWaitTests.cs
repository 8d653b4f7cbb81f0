namespace Hil.EndToEnd.Tests.Cli;

// Each takes the minute that a driver is given, so scripts/test runs what has the trait beside all others.

/// <summary>Drivers that wait for something that does not come: the run ends and says where they do.</summary>
[Trait("takes", "minutes")]
public sealed class EndlessWaitTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hil-endless-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task StartAndUnloadThatWaitForEverEndTheRun() => await Task.WhenAll(
        RunAsync("start", "Wait();", "", "DriverEntry and the start of the devices"),
        RunAsync("unload", "", "Wait();", "removing and unloading the driver"));

    private async Task RunAsync(string name, string entry, string unload, string said)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "hil.yaml"), $"driver: {{name: {name}, sources: [a.c]}}\n");
        await File.WriteAllTextAsync(
            Path.Combine(folder, "a.c"),
            $$"""
            #include <wdm.h>
            static void Wait(void)
            {
                KEVENT never;
                KeInitializeEvent(&never, NotificationEvent, FALSE);
                KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, NULL);
            }
            static VOID Unload(PDRIVER_OBJECT driver) { {{unload}} }
            NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
            {
                driver->DriverUnload = Unload;
                {{entry}}
                return STATUS_SUCCESS;
            }
            """);

        (int code, string output) = await HilProcess.RunAsync("run", folder);

        Assert.True(code == 1, output);
        Assert.Contains($"{said}: not finished within 60 s", output, StringComparison.Ordinal);
        Assert.Matches($@"waiting: KeWaitForSingleObject, called at {name}\.sys\+0x[0-9a-f]+ \(", output);
    }
}
