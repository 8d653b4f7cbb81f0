namespace Hil.Cli.Output;

/// <summary>Chooses how a run is shown.</summary>
internal static class RunOutputs
{
    public static RunOutput Create(bool asJson, bool isVerbose)
    {
        if (asJson)
            return new JsonOutput(Console.Out);
        bool isTerminal = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
        return isTerminal ? new TerminalOutput(Console.Out, isVerbose) : new PlainOutput(Console.Out, isVerbose);
    }
}
