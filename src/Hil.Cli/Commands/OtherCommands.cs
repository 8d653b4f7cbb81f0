using System.CommandLine;

namespace Hil.Cli.Commands;

/// <summary>The commands besides `hil run`.</summary>
internal static class OtherCommands
{
    public static void AddTo(RootCommand root)
    {
        root.Add(ReplayCommand.Create());
        root.Add(LspciCommand.Create());
        root.Add(ExportsCommand.Create());
        root.Add(DoctorCommand.Create());
        root.Add(BenchCommand.Create());
        root.Add(TraceCommand.Create());
    }
}
