using System.CommandLine;

namespace Hil.Cli.Commands;

/// <summary>Options about the machine that several commands have.</summary>
internal static class MachineArguments
{
    public static Option<string[]> Device() => new("--device")
    {
        Description = "What follows -device on QEMU's command line; may be given several times",
        HelpName = "edu",
    };

    public static Option<string?> Qemu() => new("--qemu") { Description = "The QEMU to use", HelpName = "path" };

    public static Option<string[]> QemuArgument() => new("--qemu-arg")
    {
        Description = "A further argument for QEMU; may be given several times",
        HelpName = "argument",
    };
}
