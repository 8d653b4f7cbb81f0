using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hil.Cli.Output;
using Hil.Host;
using Hil.Trace;

namespace Hil.Cli.Commands;

/// <summary>`hil trace show`: a line for each record.</summary>
internal static class TraceShowCommand
{
    private const int OutputBytes = 1 << 16;
    private static readonly JsonWriterOptions s_jsonOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(100);

    public static Command Create()
    {
        Argument<string> file = TraceArguments.File();
        Option<ulong?> irp = new("--irp")
        {
            Description = "One IRP's life, and all that was done for it",
            HelpName = "N",
        };
        Option<string?> device = new("--device")
        {
            Description = "Only what concerns a device: part of its name",
            HelpName = "name",
        };
        Option<string?> register = new("--register")
        {
            Description = "Only accesses to a register",
            HelpName = "BAR0+0x20",
        };
        Option<string[]> kind = new("--kind")
        {
            Description = "Only records of these kinds, such as read,write,dma",
            HelpName = "kinds",
        };
        Option<string?> from = new("--from") { Description = "From this time on", HelpName = "12.5ms" };
        Option<string?> to = new("--to") { Description = "Up to this time", HelpName = "15ms" };
        Option<ulong?> limit = new("--limit") { Description = "At most so many lines", HelpName = "N" };
        Option<bool> follow = new("--follow", "-f") { Description = "Waits for more while a capture is running" };
        Option<bool> json = TraceArguments.Json("One JSON object per line in place of text");
        var command = new Command("show", "Shows the records of a trace, one a line.")
        {
            file, irp, device, register, kind, from, to, limit, follow, json,
        };
        command.SetAction(parsed =>
        {
            var filter = new TraceFilter
            {
                Irp = parsed.GetValue(irp),
                Device = parsed.GetValue(device),
                Register = parsed.GetValue(register),
                Kinds = TraceArguments.Kinds(parsed.GetValue(kind) ?? []),
                From = TraceArguments.Time("--from", parsed.GetValue(from), 0),
                To = TraceArguments.Time("--to", parsed.GetValue(to), long.MaxValue),
            };
            return Run(parsed.GetValue(file)!, filter, parsed.GetValue(limit) ?? ulong.MaxValue,
                parsed.GetValue(follow), parsed.GetValue(json));
        });
        return command;
    }

    private static int Run(string path, TraceFilter filter, ulong limit, bool follows, bool asJson)
    {
        using var stop = new ManualResetEventSlim();
        using PosixSignalRegistration? interrupt = follows ? OnSignal(PosixSignal.SIGINT, stop) : null;
        using PosixSignalRegistration? terminate = follows ? OnSignal(PosixSignal.SIGTERM, stop) : null;
        using TraceReader reader = follows ? TraceReader.Open(path) : TraceArguments.Open(path);
        using var show = new TraceShow(reader, filter);
        using var output = new StreamWriter(
            Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), OutputBytes);
        ulong left = limit;
        Action<TraceShow, TextWriter> write = asJson ? WriteJson : TraceText.Choose();
        while (true)
        {
            while (left > 0 && !stop.IsSet && show.MoveNext())
            {
                write(show, output);
                left--;
            }
            output.Flush();
            bool isOver = !follows || left == 0 || show.HasEnded || stop.IsSet;
            if (isOver || (!show.Refresh() && !MayGrow(reader, stop)))
                break;
        }
        if (left == limit && limit != 0)
            Console.Error.WriteLine($"hil: {path}: no record is like that");
        return ExitCode.Success;
    }

    // Asked before the last look: what a capture wrote before it ended is there then.
    private static bool MayGrow(TraceReader reader, ManualResetEventSlim stop)
    {
        bool isBeingWritten = reader.IsBeingWritten;
        if (reader.Refresh())
            return true;
        if (!isBeingWritten || reader.IsComplete)
            return false;
        stop.Wait(s_pollInterval);
        return true;
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, ManualResetEventSlim stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stop.Set();
        });

    private static void WriteJson(TraceShow show, TextWriter output)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, s_jsonOptions))
            show.WriteJson(json);
        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }
}
