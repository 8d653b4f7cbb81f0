using Iced.Intel;

namespace Hil.Machine.Traps;

// Driver code reaches devices by plain loads and stores, ports by instructions, and the clock by looking at a page or
// by RDTSC. Where somebody has to see all that (capture, replay, counts), none of it is let through: device pages and
// the clock's page are absent, so that an access faults, and the instructions are replaced by int3 when an image is
// loaded. Each comes here, is carried out on the kernel's bus and clock, and the driver goes on behind it. Plain
// moves, nearly all there is, are carried out on the trap frame; whatever else touches a device page is run by the
// processor on a scratch page (InstructionStep).

/// <summary>Carries out drivers' device accesses on the host.</summary>
public sealed unsafe class AccessTraps : IAccessTraps
{
    private const ulong BreakpointVector = 3;
    private const ulong PageFaultVector = 14;
    private const ulong FetchError = 0x10;
    private const int ReasonsMax = 1000; // A driver can make new code for ever.

    private readonly RamWindow _ram;
    private readonly VirtualCpu _cpu;
    private readonly bool _isDeterministic;
    private readonly bool _trapsInstructions;
    private readonly List<InexactReason> _reasons = [];
    private readonly HashSet<ulong> _directPlaces = [];

    // Made when they are first needed: they bring the disassembler, which nobody waits for before DriverEntry.
    private InstructionCache? _code;
    private InstructionStep? _step;
    private PortInstruction? _ports;
    private FlagsInstruction? _flags;
    private PatchedImages? _images;
    private SharedTime? _time;

    /// <param name="trapsInstructions">Whether port and clock instructions are looked for in images.</param>
    internal AccessTraps(RamWindow ram, VirtualCpu cpu, bool isDeterministic, bool trapsInstructions)
    {
        _ram = ram;
        _trapsInstructions = trapsInstructions;
        _cpu = cpu;
        _isDeterministic = isDeterministic;
        ram.ShowsSharedTime = !isDeterministic;
    }

    private InstructionCache Code => _code ??= new InstructionCache(_ram);

    private InstructionStep Step => _step ??= new InstructionStep(_ram, _cpu);

    private PortInstruction Ports => _ports ??= new PortInstruction(_ram);

    private FlagsInstruction Flags => _flags ??= new FlagsInstruction(_ram, _cpu);

    private PatchedImages Images => _images ??= new PatchedImages(patchesInterruptFlag: _isDeterministic);

    public IReadOnlyList<InexactReason> InexactReasons => _reasons;

    public bool TryServe(NtKernel kernel, ref VcpuExit exit) => exit.Value switch
    {
        PageFaultVector => TryServePageFault(kernel, ref exit),
        BreakpointVector => TryServeStop(kernel, ref exit),
        _ => false,
    };

    public void PatchImage(
        ulong address, string name, Span<byte> content,
        ReadOnlySpan<RuntimeFunction> functions, ReadOnlySpan<uint> entries)
    {
        _ram.TrustCode(address, ((ulong)content.Length + MachineLayout.PageBytes - 1) & ~(MachineLayout.PageBytes - 1));
        if (!_trapsInstructions)
            return;
        if (functions.IsEmpty)
        {
            AddReason(
                $"{name} has no exception table (.pdata): its port and clock instructions are not found", address);
        }
        else
        {
            Images.Patch(address, content, functions, entries);
        }
    }

    public void ForgetImage(ulong address, ulong bytes) => _images?.Forget(address, bytes);

    public void TrustCode(ulong address, ulong bytes) => _ram.TrustCode(address, bytes);

    public void RestoreOriginal(ulong address, Span<byte> code) => _images?.Restore(address, code);

    private bool TryServePageFault(NtKernel kernel, ref VcpuExit exit)
    {
        var frame = (TrapFrame*)exit.Frame;
        ulong address = frame->Cr2;
        if ((frame->ErrorCode & FetchError) != 0)
            return TryAdmitCode(address);
        if (_ram.TryTranslateDevice(address, out ulong physical))
            return TryServeDevice(kernel, frame, physical, ref exit);
        return !_ram.ShowsSharedTime && address - MachineLayout.SharedUserDataAddress < MachineLayout.PageBytes
            && TryServeSharedTime(kernel, frame, ref exit);
    }

    private bool TryServeDevice(NtKernel kernel, TrapFrame* frame, ulong physical, ref VcpuExit exit)
    {
        if (!Code.TryFind(frame->Rip, out CachedInstruction? code))
            return false;
        if (!code.Move.IsPlain || CrossesPage(frame->Cr2, code.Move.Width))
            return TryStep(kernel, code, ref exit);
        if (code.Move.IsLoad)
            code.Move.Load(frame, RegisterAccess.Read(kernel, physical, code.Move.Width));
        else
            RegisterAccess.Write(kernel, physical, code.Move.Width, code.Move.ValueToStore(frame));
        frame->Rip = code.Instruction.NextIP;
        return true;
    }

    private bool TryStep(NtKernel kernel, CachedInstruction code, ref VcpuExit exit)
    {
        bool hasRun = Step.TryRun(kernel, code.Instruction, ref exit);
        if (Step.WasDirect && _directPlaces.Add(code.Rip))
            AddReason($"{kernel.Modules.Describe(code.Rip)} is an instruction that Hil cannot take apart", code.Rip);
        return hasRun;
    }

    private bool TryServeSharedTime(NtKernel kernel, TrapFrame* frame, ref VcpuExit exit)
    {
        const ulong WriteError = 2;
        if ((frame->ErrorCode & WriteError) != 0 || !Code.TryFind(frame->Rip, out CachedInstruction? code))
            return false;
        var offset = (int)(frame->Cr2 % MachineLayout.PageBytes);
        bool isSimple = code.Move.IsPlain && !CrossesPage(frame->Cr2, code.Move.Width);
        _time ??= new SharedTime(_ram.SharedUserData, kernel.Clock);
        _time.Update(offset, isSimple ? code.Move.Width : (int)MachineLayout.PageBytes);
        if (!isSimple)
            return TryStepWithSharedTime(ref exit);
        code.Move.Load(frame, Peek((byte*)_ram.SharedUserData + offset, code.Move.Width));
        frame->Rip = code.Instruction.NextIP;
        return true;
    }

    private bool TryStepWithSharedTime(ref VcpuExit exit)
    {
        _ram.ShowsSharedTime = true;
        bool hasRun = Step.TryStep(ref exit);
        _ram.ShowsSharedTime = false;
        return hasRun;
    }

    private bool TryServeStop(NtKernel kernel, ref VcpuExit exit)
    {
        var frame = (TrapFrame*)exit.Frame;
        if (!Images.TryFind(frame->Rip - 1, out Instruction instruction))
            return false;
        if (!ClockInstruction.TryRun(kernel, frame, instruction))
            return Ports.TryRun(kernel, instruction, ref exit) || Flags.TryRun(instruction, ref exit)
                || IrqlInstruction.TryRun(kernel, instruction, ref exit);
        frame->Rip = instruction.NextIP;
        return true;
    }

    private bool TryAdmitCode(ulong address)
    {
        if (!_ram.TryAdmitCode(address))
            return false;
        ulong page = address & ~(MachineLayout.PageBytes - 1);
        AddReason($"code runs at 0x{address:x}, in memory that is no driver image", page);
        return true;
    }

    private void AddReason(string reason, ulong address)
    {
        if (_reasons.Count < ReasonsMax)
            _reasons.Add(new InexactReason(reason, address));
    }

    private static bool CrossesPage(ulong address, int bytes) =>
        address % MachineLayout.PageBytes + (ulong)bytes > MachineLayout.PageBytes;

    private static ulong Peek(byte* at, int bytes) => bytes switch
    {
        1 => *at,
        2 => *(ushort*)at,
        4 => *(uint*)at,
        _ => *(ulong*)at,
    };
}
