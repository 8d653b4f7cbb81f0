using System.CommandLine;
using System.CommandLine.Parsing;

namespace Hil.Cli.Commands;

/// <summary>Says in one line what is wrong with a command line.</summary>
internal static class CommandLineFault
{
    public static string Describe(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string problem = command.Action == null
            ? $"{Missing(parsed.UnmatchedTokens)}; commands are "
                + string.Join(", ", command.Subcommands.Select(static known => known.Name))
            : Describe(parsed.Errors[0]);
        return $"{problem} ({PathOf(parsed.CommandResult)} --help tells more)";
    }

    private static string Missing(IReadOnlyList<string> unknown) => unknown switch
    {
        [['-', ..] option, ..] => $"there is no option '{option}'",
        [var command, ..] => $"there is no command '{command}'",
        [] => "a command is needed",
    };

    // The parser's own words for a value name .NET's types, and take several lines.
    private static string Describe(ParseError error)
    {
        OptionResult? option = error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;
        return option is { Tokens: [var value] }
            ? $"{option.Option.Name} must be {Wanted(option.Option)}, not '{value.Value}'"
            : error.Message.ReplaceLineEndings(" ");
    }

    private static string Wanted(Option option)
    {
        bool isNumber = option.ValueType == typeof(ulong?);
        return isNumber ? "a whole number" : option.HelpName!.Replace("|", " or ", StringComparison.Ordinal);
    }

    private static string PathOf(CommandResult command)
    {
        string name = command.Command is RootCommand ? "hil" : command.Command.Name;
        return command.Parent is CommandResult parent ? $"{PathOf(parent)} {name}" : name;
    }
}
