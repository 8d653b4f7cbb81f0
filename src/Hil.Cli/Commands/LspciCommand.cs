using System.CommandLine;
using Hil.Machine;
using Hil.Machine.Pci;

namespace Hil.Cli.Commands;

/// <summary>`hil lspci`: what a driver finds on the PCI bus.</summary>
internal static class LspciCommand
{
    public const string Name = "lspci";

    public static Command Create()
    {
        Option<string[]> device = MachineArguments.Device();
        Option<string?> qemu = MachineArguments.Qemu();
        Option<string[]> argument = MachineArguments.QemuArgument();
        Option<bool> verbose = new("--verbose", "-v") { Description = "Adds BARs, bridge windows and capabilities" };
        var command = new Command(Name, "Lists the PCI functions of the emulated machine.")
        {
            device, qemu, argument, verbose,
        };
        command.SetAction((parsed, cancellation) =>
        {
            MachineOptions options = new()
            {
                Devices = [.. parsed.GetValue(device) ?? []],
                ExtraArguments = [.. parsed.GetValue(argument) ?? []],
            };
            if (parsed.GetValue(qemu) is { } path)
                options = options with { QemuPath = path };
            return RunAsync(options, parsed.GetValue(verbose), cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(MachineOptions options, bool verbose, CancellationToken cancellation)
    {
        using EmulatedMachine machine = await EmulatedMachine.StartAsync(options, cancellation).ConfigureAwait(false);
        PciText.Write(Console.Out, machine.Bus, machine.Pci, verbose);
        return Host.ExitCode.Success;
    }
}
