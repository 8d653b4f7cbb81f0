namespace Hil.Kernel;

// XMM6 to XMM15 belong to the callee; exits do not save them, they simply stay in the virtual processor. An exception
// needs them twice: filters look at them in the CONTEXT, and unwinding puts back what skipped functions had saved. Two
// routines of our own, in guest code, move them to and from a CONTEXT.

/// <summary>Reads and writes the virtual processor's callee-saved XMM registers.</summary>
internal sealed unsafe class CalleeSavedXmm
{
    private const byte Load = 0x10;
    private const byte Store = 0x11;

    private readonly Processor _processor;
    private readonly DriverRoutine _save;
    private readonly DriverRoutine _restore;

    public CalleeSavedXmm(NtKernel kernel)
    {
        _processor = kernel.Processor;
        ulong page = kernel.Pages.Allocate(PAGE_SIZE, PageAccess.ReadWrite);
        Invariant.Holds(page != 0, "there is room for one page of code");
        var code = new List<byte>();
        Emit(code, Store);
        int restore = code.Count;
        Emit(code, Load);
        kernel.Services.VirtualProcessor.WriteCode(page, code.ToArray());
        kernel.Services.AccessTraps?.TrustCode(page, PAGE_SIZE);
        kernel.Services.Memory.Protect(page, PAGE_SIZE, PageAccess.ReadExecute);
        _save = new DriverRoutine(page);
        _restore = new DriverRoutine(page + (ulong)restore);
    }

    public void Save(CONTEXT* context) => Save(&context->Xmm6);

    /// <param name="registers">XMM6 to XMM15, one behind the other.</param>
    public void Save(void* registers) => _processor.Call(_save, registers);

    public void Restore(CONTEXT* context) => _processor.Call(_restore, &context->Xmm6);

    // movups [rcx + n * 16], xmm(6 + n) or the other way round, ten times; ret.
    private static void Emit(List<byte> code, byte opcode)
    {
        const byte BaseRcxDisp32 = 0x81;
        for (int register = 6; register < 16; register++)
        {
            if (register >= 8)
                code.Add(0x44);
            int offset = (register - 6) * 16;
            code.AddRange([0x0F, opcode, (byte)(BaseRcxDisp32 | (register & 7) << 3), (byte)offset, 0, 0, 0]);
        }
        code.Add(0xC3);
    }
}
