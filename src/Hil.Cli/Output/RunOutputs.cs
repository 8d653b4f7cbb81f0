namespace Hil.Cli.Output;

/// <summary>Chooses how a run is shown.</summary>
internal static class RunOutputs
{
    /// <summary>Whether stdout is a terminal that shows colours, and they are wanted.</summary>
    public static bool HasColors => !Console.IsOutputRedirected
        && Environment.GetEnvironmentVariable("NO_COLOR") is null or ""
        && Environment.GetEnvironmentVariable("TERM") != "dumb";

    public static RunOutput Create(bool asJson, bool isVerbose)
    {
        if (asJson)
            return new JsonOutput(Console.Out);
        return HasColors ? new TerminalOutput(Console.Out, isVerbose) : new PlainOutput(Console.Out, isVerbose);
    }
}
