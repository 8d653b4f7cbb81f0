using Iced.Intel;

namespace Hil.Machine.Traps;

// Where nothing cuts into driver code, no dispatch interrupt comes when a driver lowers CR8 by itself (KeLowerIrql is
// inline in the WDK): the DPCs that wait for that would run at its next exit. So the store is an exit.

/// <summary>Carries out stores to CR8.</summary>
internal static unsafe class IrqlInstruction
{
    private const ulong GeneralProtectionVector = 13;
    private const ulong IrqlMax = 15; // The upper bits of CR8 are reserved (Intel SDM volume 3, TPR).

    public static bool IsStore(in Instruction instruction) =>
        instruction.Mnemonic == Mnemonic.Mov && instruction.Op0Register == Register.CR8;

    /// <summary>False for an instruction of another kind, and for a value that is no IRQL.</summary>
    /// <param name="exit">Becomes a general protection fault for such a value.</param>
    public static bool TryRun(NtKernel kernel, in Instruction instruction, ref VcpuExit exit)
    {
        if (!IsStore(instruction))
            return false;
        var frame = (TrapFrame*)exit.Frame;
        ulong irql = new FrameRegister(instruction.Op1Register).Read(frame);
        if (irql > IrqlMax)
        {
            frame->Rip = instruction.IP;
            (frame->Vector, frame->ErrorCode) = (GeneralProtectionVector, 0);
            exit = exit with { Value = GeneralProtectionVector };
            return false;
        }
        frame->Rip = instruction.NextIP;
        exit = exit with { Irql = new KIRQL((byte)irql) };
        kernel.Processor.Irql = exit.Irql;
        return true;
    }
}
