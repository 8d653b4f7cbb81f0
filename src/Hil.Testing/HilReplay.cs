using Hil.Host;
using Hil.Loader;

namespace Hil.Testing;

/// <summary>Regression tests from traces: the driver must do what it did when it was captured.</summary>
/// <example>
/// <code>
/// await HilReplay.AssertAsync("edu.hiltrace", "edu.sys");
/// </code>
/// </example>
public static class HilReplay
{
    /// <summary>Replays a trace; QEMU is only the processor, there is no device.</summary>
    /// <param name="trace">What `hil run --capture` or <see cref="HilRigOptions.Capture"/> wrote.</param>
    /// <param name="driver">Path of the .sys file; null for the image in the trace.</param>
    /// <exception cref="ReplayFailedException">The driver does something else.</exception>
    public static Task AssertAsync(string trace, string? driver = null) =>
        AssertAsync(new ReplayOptions { TracePath = trace, DriverPath = driver });

    /// <summary>Replays a trace of a driver written in C#.</summary>
    /// <inheritdoc cref="AssertAsync(string, string?)"/>
    public static Task AssertAsync(string trace, Func<ManagedDriver> driver) =>
        AssertAsync(new ReplayOptions { TracePath = trace, ManagedDriver = driver });

    /// <inheritdoc cref="AssertAsync(string, string?)"/>
    public static async Task AssertAsync(ReplayOptions options)
    {
        using var replay = new TraceReplay(options);
        ReplayResult result = await replay.RunAsync().ConfigureAwait(false);
        if (!result.IsSame)
            throw new ReplayFailedException(result, string.Join('\n', DivergenceText.Lines(replay, result)));
    }
}

/// <summary>A driver did something else than when it was captured.</summary>
public sealed class ReplayFailedException(ReplayResult result, string message) : Exception(message)
{
    public ReplayResult Result { get; } = result;
}
