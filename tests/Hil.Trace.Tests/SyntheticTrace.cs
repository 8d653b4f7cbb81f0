using Hil.Trace.Tests.Format;

namespace Hil.Trace.Tests;

/// <summary>Writes traces of a driver that does not exist: for each IRP dispatch, StartIo with two writes, an interrupt
/// with a read and a write, a DPC that completes.</summary>
internal sealed class SyntheticTrace : IDisposable
{
    public const string Function = "00:03.0 1234:11e8";
    public const ulong Interrupt = 0x1000_0000_7000;
    public const ulong Dpc = 0x1000_0000_8000;

    private readonly TemporaryTrace _file = new();
    private readonly TraceWriter _writer;

    public SyntheticTrace() => _writer = TraceWriter.Create(_file.Path);

    /// <summary>Of the next record, 100 ns units.</summary>
    public long Time { get; set; } = 1_000;

    /// <summary>What one record takes.</summary>
    public long Step { get; set; } = 10;

    public string Device { get; set; } = @"\Device\Edu";

    public string FunctionName { get; set; } = Function;

    public string Path => _file.Path;

    public SyntheticTrace Add(TraceKind kind, params ulong[] fields)
    {
        _writer.Add(kind, Time, fields);
        Time += Step;
        return this;
    }

    public SyntheticTrace AddData(TraceKind kind, byte[] data, params ulong[] fields)
    {
        _writer.Add(kind, Time, fields, data);
        Time += Step;
        return this;
    }

    public SyntheticTrace Print(string text) => AddData(TraceKind.Print, TraceUtf8.Encode(text));

    public ulong Text(string text) => _writer.DefineString(text);

    public SyntheticTrace Read(ulong offset, ulong value) => Add(TraceKind.Read, Site(offset, 4), value);

    public SyntheticTrace Write(ulong offset, ulong value) =>
        Add(TraceKind.Write, Site(offset, 4 | TraceSite.WriteAccess), value);

    public SyntheticTrace Call(string export, params ulong[] arguments) =>
        Add(TraceKind.Call, [CallSite(export), .. arguments]);

    public SyntheticTrace Return(string export, ulong value = 0) => Add(TraceKind.Return, CallSite(export), value);

    public SyntheticTrace Create(ulong irp, uint code = 0x222004)
    {
        AddData(TraceKind.Request, [1, 2], irp + 1000, 11, 1, code);
        Add(TraceKind.IrpCreate, irp, 0x1000_0001_0000 + irp * 0x100);
        return Add(TraceKind.IrpDispatch, irp, Text(Device), 14, 0);
    }

    public SyntheticTrace StartIo(ulong irp, Action? body = null)
    {
        Add(TraceKind.Irql, 2).Add(TraceKind.StartIo, irp, Text(Device));
        (body ?? WriteCommand)();
        return Add(TraceKind.StartIoEnd, irp, Text(Device)).Add(TraceKind.Irql, 0);
    }

    public SyntheticTrace Isr(Action? body = null, ulong interrupt = Interrupt)
    {
        Add(TraceKind.Interrupt, 0, 0x70, 0).Add(TraceKind.Irql, 7).Add(TraceKind.IsrEnter, 0x70, interrupt);
        (body ?? Acknowledge)();
        return Add(TraceKind.IsrLeave, 0x70, interrupt, 1).Add(TraceKind.Irql, 2);
    }

    public SyntheticTrace DpcRoutine(Action body)
    {
        Add(TraceKind.DpcEnter, Dpc, Text("edu.sys+0x2300 (EduDpc)"));
        body();
        return Add(TraceKind.DpcLeave, Dpc, Text("edu.sys+0x2300 (EduDpc)")).Add(TraceKind.Irql, 0);
    }

    public SyntheticTrace Complete(ulong irp, uint status = 0) =>
        Add(TraceKind.IrpComplete, irp, status, 4).Add(TraceKind.IrpFinish, irp, status, 4);

    public SyntheticTrace Answer(ulong irp, params byte[] data) =>
        AddData(TraceKind.RequestDone, data, irp + 1000, 0, 4);

    /// <summary>An IRP's whole life.</summary>
    public SyntheticTrace Irp(ulong irp, Action? startIo = null, uint status = 0, uint code = 0x222004)
    {
        Create(irp, code).StartIo(irp, startIo).Isr();
        return DpcRoutine(() => Complete(irp, status)).Answer(irp, 7);
    }

    public SyntheticTrace Irps(ulong count)
    {
        for (ulong irp = 1; irp <= count; irp++)
            Irp(irp);
        return this;
    }

    public void WriteCommand() => Write(0x60, 1).Write(0x68, 2);

    public void Acknowledge() => Read(0x24, 1).Write(0x64, 1);

    /// <summary>Ends the trace and opens it.</summary>
    public TraceReader Open(bool addsEnd = true)
    {
        if (addsEnd)
            Add(TraceKind.End, 0);
        _writer.Complete();
        return TraceReader.Open(Path);
    }

    /// <summary>Writes what there is, for a reader that follows.</summary>
    public TraceReader OpenUnfinished()
    {
        _writer.Flush();
        return TraceReader.Open(Path);
    }

    public void Flush() => _writer.Flush();

    public void Dispose()
    {
        _writer.Dispose();
        _file.Dispose();
    }

    private ulong Site(ulong offset, ulong access) => _writer.DefineSite(
        new TraceSite(0x1400, 0, 0xFE00_0000 + offset, access, Text(FunctionName), 0, offset, Text("edu.sys+0x1400")));

    private ulong CallSite(string export) =>
        _writer.DefineCallSite(new TraceCallSite(Text(export), 0x1500, Text("edu.sys+0x1500")));
}
