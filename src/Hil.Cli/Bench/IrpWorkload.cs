using System.Text;
using Hil.Trace;

namespace Hil.Cli.Bench;

/// <summary>What a run of edu.sys records: for each request from above the IRP's life with its kernel calls, StartIo,
/// interrupt, DPC and completion.</summary>
internal sealed class IrpWorkload
{
    private const ulong WindowBase = 0x1000_0000_0000;
    private const ulong Code = 0x1000_0351_8000, Pool = 0x1000_0354_0000, Registers = 0xFEA0_0000;
    private const ulong DeviceObject = Pool + 0xA000, Lock = Pool + 0xA1C0;
    private const ulong Dpc = Pool + 0xA0C8, Interrupt = Pool + 0xA150;
    private const ulong IrpBytes = 0x180, IrpSlots = 16;
    private const int Seed = 11;
    private const int StepRange = 30; // Up to three microseconds between records, in 100 ns units.
    private const uint Ioctl = 0x222004;

    private static readonly string[] s_exports =
    [
        "IoAcquireRemoveLockEx", "IoStartPacket", "KeAcquireSpinLockAtDpcLevel", "KeInsertQueueDpc",
        "KeReleaseSpinLockFromDpcLevel", "IoStartNextPacket", "IofCompleteRequest", "IoReleaseRemoveLockEx",
    ];

    private static readonly byte[] s_profile = Encoding.UTF8.GetBytes(
        $$"""{"window-base": {{WindowBase}}, "memory-bytes": {{256 << 20}}}""");

    private readonly Random _random = new(Seed);
    private readonly byte[] _input = new byte[4];
    private readonly ulong[] _calls = new ulong[s_exports.Length];
    private readonly ulong[] _sites = new ulong[5];
    private TraceWriter _writer = null!;
    private ulong _device, _routine;
    private long _time;

    /// <summary>Records the lives of IRPs until there are at least so many records; returns their number.</summary>
    public int Record(TraceWriter writer, int count)
    {
        _writer = writer;
        Define();
        _writer.Add(TraceKind.Profile, Step(), [], s_profile);
        for (ulong irp = 1; writer.NextSequence < (ulong)count; irp++)
            RecordIrp(irp);
        return (int)writer.NextSequence;
    }

    private void Define()
    {
        _device = _writer.DefineString(@"\Device\Edu0");
        _routine = _writer.DefineString("edu.sys+0x1460 (EduDpc)");
        ulong function = _writer.DefineString("00:01.0 1234:11e8");
        for (int i = 0; i < _calls.Length; i++)
        {
            ulong place = _writer.DefineString($"edu.sys+0x{i * 0x10:x}");
            _calls[i] = _writer.DefineCallSite(
                new TraceCallSite(_writer.DefineString(s_exports[i]), Code + (ulong)i * 0x10, place));
        }
        ReadOnlySpan<ulong> offsets = [0x08, 0x60, 0x24, 0x64, 0x20];
        for (int i = 0; i < _sites.Length; i++)
        {
            ulong access = offsets[i] is 0x60 or 0x64 ? 4 | TraceSite.WriteAccess : 4;
            ulong place = _writer.DefineString($"edu.sys+0x{i * 7:x}");
            _sites[i] = _writer.DefineSite(new TraceSite(
                Code + (ulong)i * 7, 0, Registers + offsets[i], access, function, 0, offsets[i], place));
        }
    }

    private void RecordIrp(ulong irp)
    {
        ulong address = Pool + 0x1_0000 + irp % IrpSlots * IrpBytes;
        uint value = (uint)_random.Next(1 << 8);
        BitConverter.TryWriteBytes(_input, value);
        Add(TraceKind.RequestSeen, [3]);
        Clock(3);
        _writer.Add(TraceKind.Request, Step(), [irp, 11, 1, Ioctl, 0, 0, address, address + 8, 4], _input);
        Add(TraceKind.IrpCreate, [irp, address]);
        Add(TraceKind.IrpDispatch, [irp, _device, 14, 0]);
        Call(0, address);
        Add(TraceKind.Call, [_calls[1], DeviceObject, address, 0, Code]);
        StartIo(irp, value);
        Add(TraceKind.RequestSeen, [0]);
        RunDpc(irp, address, value);
        Add(TraceKind.Return, [_calls[1], 0]);
        _writer.Add(TraceKind.RequestDone, Step(), [irp, 0, 4], _input);
        Clock(1);
    }

    private void StartIo(ulong irp, uint value)
    {
        Add(TraceKind.Irql, [2]);
        Add(TraceKind.StartIo, [irp, _device]);
        Call(2, Lock);
        Add(TraceKind.Write, [_sites[0], value]);
        Add(TraceKind.Write, [_sites[1], 0x81]);
        Add(TraceKind.NotStarted, [90]);
        Add(TraceKind.Pending, [33]);
        Add(TraceKind.Interrupt, [0, 0x70, 0]);
        Add(TraceKind.Irql, [7]);
        Add(TraceKind.IsrEnter, [0x70, Interrupt]);
        Add(TraceKind.Pending, [0]);
        Add(TraceKind.Read, [_sites[2], 1]);
        Add(TraceKind.Write, [_sites[3], 1]);
        Call(3, Dpc);
        Add(TraceKind.IsrLeave, [0x70, Interrupt, 1]);
        Add(TraceKind.Irql, [2]);
        Call(4, Lock);
        Add(TraceKind.StartIoEnd, [irp, _device]);
        Add(TraceKind.Irql, [0]);
    }

    private void RunDpc(ulong irp, ulong address, uint value)
    {
        Add(TraceKind.Irql, [2]);
        Clock(1);
        Add(TraceKind.DpcEnter, [Dpc, _routine]);
        Call(2, Lock);
        Add(TraceKind.Read, [_sites[4], 0x80]);
        Add(TraceKind.Read, [_sites[0], value]);
        Call(4, Lock);
        Call(5, DeviceObject);
        Add(TraceKind.Call, [_calls[6], address, 0, 0, 0]);
        Add(TraceKind.IrpComplete, [irp, 0, 4]);
        Add(TraceKind.IrpFinish, [irp, 0, 4]);
        Add(TraceKind.Return, [_calls[6], 0]);
        Call(7, address);
        Add(TraceKind.DpcLeave, [Dpc, _routine]);
        Add(TraceKind.Irql, [0]);
        Clock(1);
    }

    private void Call(int export, ulong argument)
    {
        Add(TraceKind.Call, [_calls[export], argument, 0, 0, 0]);
        Add(TraceKind.Return, [_calls[export], 0]);
    }

    private void Clock(int times)
    {
        for (int i = 0; i < times; i++)
            Add(TraceKind.Clock, [0, (ulong)_time]);
    }

    private void Add(TraceKind kind, ReadOnlySpan<ulong> fields) => _writer.Add(kind, Step(), fields);

    private long Step() => _time += _random.Next(StepRange);
}
