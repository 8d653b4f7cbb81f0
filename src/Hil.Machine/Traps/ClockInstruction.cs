using System.Buffers.Binary;
using Iced.Intel;

namespace Hil.Machine.Traps;

/// <summary>Carries out the instructions behind stops that read the time or random numbers.</summary>
internal static unsafe class ClockInstruction
{
    private const ulong CarryFlag = 1;
    private const ulong ArithmeticFlags = 0x8D5; // CF, PF, AF, ZF, SF, OF
    private const ulong CyclesPerSecond = 1_000_000_000;

    /// <summary>False for an instruction of another kind.</summary>
    public static bool TryRun(NtKernel kernel, TrapFrame* frame, in Instruction instruction)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Rdtsc:
                ReadCycles(kernel, frame);
                return true;
            case Mnemonic.Rdtscp:
                ReadCycles(kernel, frame);
                frame->Rcx = 0; // TSC_AUX: the processor's number.
                return true;
            case Mnemonic.Rdrand or Mnemonic.Rdseed:
                ReadRandom(kernel, frame, instruction.Op0Register);
                return true;
            default:
                return false;
        }
    }

    // The rate is of no consequence as long as it is that of a processor: drivers measure it or do not care.
    private static void ReadCycles(NtKernel kernel, TrapFrame* frame)
    {
        var frequency = (UInt128)(ulong)kernel.Clock.PerformanceFrequency;
        var cycles = (ulong)((UInt128)(ulong)kernel.Clock.PerformanceCounter * CyclesPerSecond / frequency);
        frame->Rax = (uint)cycles;
        frame->Rdx = cycles >> 32;
    }

    private static void ReadRandom(NtKernel kernel, TrapFrame* frame, Register destination)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        kernel.Services.Schedule.FillRandom(bytes);
        var register = new FrameRegister(destination);
        register.Write(frame, FrameRegister.Truncate(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes), destination.GetSize()));
        frame->Rflags = (frame->Rflags & ~ArithmeticFlags) | CarryFlag;
    }
}
