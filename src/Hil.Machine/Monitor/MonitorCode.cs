using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using static Hil.Machine.MonitorLayout;

namespace Hil.Machine;

// The monitor in long mode. InDriver tells an interrupt stub whether it cut into driver code or into the monitor. In
// driver code all registers go into a trap frame on the driver's own stack and the host is told; in the monitor the
// vector goes into the ring and the monitor goes on. So interrupts stay open in it wherever speed counts: to close and
// open them again costs a quarter of a round trip. Nothing is ended (EOI) but the kernel's own vectors: the host ends a
// device's interrupt after its service routine has run, so a level cannot storm.

/// <summary>The 64-bit part of the ROM: <see cref="Loop"/> with everything but the vector stubs.</summary>
internal sealed partial class MonitorCode
{
    private const uint EndOfInterruptRegister = 0xB0;
    private const uint TimerInitialCountRegister = 0x380;
    private const uint SpuriousVector = 0xFF;
    private const uint DoorbellPort = 0xE9;
    private const int VolatileXmmCount = 6;
    private const int TrapExtraBytes = VolatileXmmCount * 16 + 16; // XMM0-5, MXCSR, CR2 below the general registers.
    private const int TrapRegisters = 15;

    private static readonly AssemblerRegister64[] s_trapOrder =
        [rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];

    private static readonly AssemblerRegister64[] s_calleeSaved = [rbx, rbp, rsi, rdi, r12, r13, r14, r15];

    private static readonly AssemblerRegisterXMM[] s_xmm =
        [xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];

    private readonly Assembler _a = new(64);
    private Label _start;
    private Label _gate;
    private Label _handToHost;
    private Label _wait;
    private Label _go;
    private Label _returned;
    private Label _common;
    private Label _resumeTrap;
    private Label _resumeCall;
    private Label _operations;
    private Label _done;
    private Label _flags;
    private Label _open;
    private Label _enter;
    private Label _entered;
    private Label _enterClosed;
    private Label _resumeClosed;
    private Label _endInterrupts;
    private Label _interruptsEnded;
    private Label _notStarted;
    private Label _inMonitor;
    private Label _sleepCheck;
    private Label _sleepEnd;
    private Label _slowOperations;
    private Label _restoreTrap;
    private Label _disarm;
    private Label _disarmed;
    private Label _awaitRing;
    private Label _ringTaken;

    private MonitorCode(ulong baseAddress, ulong stubsAddress)
    {
        (_start, _gate, _handToHost, _wait, _go) = (New(), New(), New(), New(), New());
        (_returned, _common, _resumeTrap, _resumeCall) = (New(), New(), New(), New());
        (_operations, _done, _flags, _open) = (New(), New(), New(), New());
        (_enter, _entered, _enterClosed, _resumeClosed) = (New(), New(), New(), New());
        (_endInterrupts, _interruptsEnded, _notStarted, _inMonitor) = (New(), New(), New(), New());
        (_sleepCheck, _sleepEnd, _slowOperations, _restoreTrap) = (New(), New(), New(), New());
        (_disarm, _disarmed, _awaitRing, _ringTaken) = (New(), New(), New(), New());

        EmitGate();
        EmitReturned();
        EmitHandToHost();
        EmitWait();
        EmitGo();
        EmitQuickOperations();
        EmitEnterClosed();
        EmitResumeCall();
        EmitCommonInterrupt();
        EmitResumeTrap();
        EmitSleep();
        EmitSlices();
        EmitFlags();
        EmitInMonitor();
        EmitOperations();
        EmitStart();

        using var stream = new MemoryStream();
        AssemblerResult result = _a.Assemble(
            new StreamCodeWriter(stream), baseAddress, BlockEncoderOptions.ReturnNewInstructionOffsets);
        Loop = stream.ToArray();
        Gate = result.GetLabelRIP(_gate);
        Start = result.GetLabelRIP(_start);
        Stubs = EmitStubs(stubsAddress, result.GetLabelRIP(_common));
    }

    public byte[] Loop { get; }

    public byte[] Stubs { get; }

    public ulong Gate { get; }

    public ulong Start { get; }

    public static MonitorCode Assemble(ulong baseAddress, ulong stubsAddress) => new(baseAddress, stubsAddress);

    private Label New() => _a.CreateLabel();

    private static AssemblerMemoryOperand Dword(int offset) =>
        __dword_ptr[unchecked((long)(MachineLayout.MonitorData + (ulong)offset))];

    private static AssemblerMemoryOperand Qword(int offset) =>
        __qword_ptr[unchecked((long)(MachineLayout.MonitorData + (ulong)offset))];

    private static AssemblerMemoryOperand Byte(int offset) =>
        __byte_ptr[unchecked((long)(MachineLayout.MonitorData + (ulong)offset))];

    private static AssemblerMemoryOperand Apic(uint register) =>
        __dword_ptr[unchecked((long)(MachineLayout.LocalApic + register))];
}
