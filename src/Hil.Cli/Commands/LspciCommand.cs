using System.CommandLine;
using Hil.Machine;
using Hil.Machine.Pci;

namespace Hil.Cli.Commands;

/// <summary>`hil lspci`: what a driver finds on the PCI bus.</summary>
internal static class LspciCommand
{
    public static Command Create()
    {
        Option<string[]> device = new("--device")
        {
            Description = "What follows -device on QEMU's command line; may be given several times",
            HelpName = "edu",
        };
        Option<string?> qemu = new("--qemu") { Description = "The QEMU to use", HelpName = "path" };
        Option<bool> verbose = new("--verbose", "-v") { Description = "Adds BARs, bridge windows and capabilities" };
        var command =
            new Command("lspci", "Lists the PCI functions of the emulated machine.") { device, qemu, verbose };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(device) ?? [], parsed.GetValue(qemu), parsed.GetValue(verbose), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        string[] devices, string? qemu, bool verbose, CancellationToken cancellation)
    {
        MachineOptions options = new() { Devices = [.. devices] };
        if (qemu != null)
            options = options with { QemuPath = qemu };
        using EmulatedMachine machine = await EmulatedMachine.StartAsync(options, cancellation).ConfigureAwait(false);
        PciText.Write(Console.Out, machine.Bus, machine.Pci, verbose);
        return Host.ExitCode.Success;
    }
}
