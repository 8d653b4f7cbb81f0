using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Hil.Machine.Qemu;

/// <summary>QEMU's command line: machine, memory, channels to us, sandbox, and then what the user asked for.</summary>
internal static class QemuCommandLine
{
    private const string MemoryId = "hil-ram";
    private const ulong MemoryGranuleBytes = 1UL << 20;

    public static IReadOnlyList<string> Build(QemuOptions options, QemuSockets sockets)
    {
        if (options.MemoryBytes == 0 || options.MemoryBytes % MemoryGranuleBytes != 0)
        {
            throw new MachineStartException(
                $"guest memory is {options.MemoryBytes} bytes; it has to be a multiple of {MemoryGranuleBytes}");
        }

        List<string> arguments = [];
        AddMachine(arguments, options);
        AddMemory(arguments, options);
        AddSandbox(arguments);
        AddChannels(arguments, options, sockets);
        foreach (string device in options.Devices)
            arguments.AddRange("-device", device);
        arguments.AddRange(options.ExtraArguments.AsSpan());
        return arguments;
    }

    private static void AddMachine(List<string> arguments, QemuOptions options)
    {
        string backend = options.MemoryPath == null ? "" : $",memory-backend={MemoryId}";
        arguments.AddRange(
            "-no-user-config", "-nodefaults", "-display", "none", "-nic", "none",
            "-machine", options.Machine + backend,
            // Room for a second processor makes TCG emit the fences that the mailbox protocol needs.
            "-accel", "tcg", "-smp", "1,maxcpus=2", "-cpu", options.Cpu,
            "-bios", options.FirmwarePath,
            // A triple fault then stops the machine and is reported, in place of a silent reboot.
            "-no-reboot", "-no-shutdown");
        // One instruction is 2^0 ns.
        if (options.CountsInstructions)
            arguments.AddRange("-icount", "shift=0");
    }

    private static void AddMemory(List<string> arguments, QemuOptions options)
    {
        arguments.AddRange("-m", string.Create(CultureInfo.InvariantCulture, $"{options.MemoryBytes >> 20}M"));
        if (options.MemoryPath == null)
            return;
        string path = Escape(options.MemoryPath);
        arguments.AddRange("-object", string.Create(CultureInfo.InvariantCulture,
            $"memory-backend-file,id={MemoryId},mem-path={path},share=on,size={options.MemoryBytes}"));
    }

    private static void AddSandbox(List<string> arguments) =>
        arguments.AddRange("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");

    // A qtest log would cost a system call for each command and each answer.
    private static void AddChannels(List<string> arguments, QemuOptions options, QemuSockets sockets)
    {
        arguments.AddRange(
            "-chardev", Channel("hil-qmp", sockets.QemuQmp), "-mon", "chardev=hil-qmp,mode=control",
            "-chardev", Channel("hil-qtest", sockets.QemuQtest),
            "-object", "qtest,id=hil-qtest-server,chardev=hil-qtest,log=none",
            "-chardev", Channel("hil-bell", sockets.QemuDoorbell),
            "-device", string.Create(CultureInfo.InvariantCulture,
                $"isa-debugcon,iobase={options.DoorbellPort},chardev=hil-bell"));
    }

    private static string Channel(string id, SafeFileHandle end) =>
        string.Create(CultureInfo.InvariantCulture, $"socket,id={id},fd={end.DangerousGetHandle()}");

    // In QEMU's option syntax a comma in a value is doubled.
    private static string Escape(string value) => value.Replace(",", ",,", StringComparison.Ordinal);

    private static void AddRange(this List<string> list, params ReadOnlySpan<string> items)
    {
        foreach (string item in items)
            list.Add(item);
    }
}
