namespace Hil.Kernel;

// The header of a full dump, as debuggers read it (DUMP_HEADER64). What the system cannot say stays filled with the
// word PAGE, as Windows leaves it: here the lists of processes and modules and the debugger's own block.

public static unsafe partial class Ntoskrnl
{
    private const int DumpHeaderBytes = 0x2000;

    /// <summary>Writes the header of a crash dump that a driver is going to write on its own.</summary>
    /// <param name="dumpType">1, DUMP_TYPE_FULL: the header is followed by all RAM.</param>
    /// <param name="flags">0.</param>
    /// <param name="bufferNeeded">Gets the header's size, whatever the status; may be null.</param>
    /// <returns>STATUS_INVALID_PARAMETER_1 for another type, _2 for flags, _4 for a buffer that is too small.</returns>
    /// <remarks>WDK: KeInitializeCrashDumpHeader.</remarks>
    [Export]
    public static NTSTATUS KeInitializeCrashDumpHeader(
        uint dumpType, uint flags, [UncheckedPointer] void* buffer, uint bufferSize, uint* bufferNeeded)
    {
        const uint Full = 1;
        if (bufferNeeded != null)
            *bufferNeeded = DumpHeaderBytes;
        if (dumpType != Full)
            return STATUS_INVALID_PARAMETER_1;
        if (flags != 0)
            return STATUS_INVALID_PARAMETER_2;
        if (bufferSize < DumpHeaderBytes)
            return STATUS_INVALID_PARAMETER_4;
        DriverMemory.RequireWritable(buffer, DumpHeaderBytes, nameof(KeInitializeCrashDumpHeader));
        WriteDumpHeader((byte*)buffer);
        return STATUS_SUCCESS;
    }

    private static void WriteDumpHeader(byte* header)
    {
        const uint Page = 0x45474150; // 'PAGE'
        const uint Valid = 0x34365544; // 'DU64'
        const uint MachineAmd64 = 0x8664;
        const int RunsBytes = 700;
        IGuestMemory memory = NtKernel.Current.Services.Memory;
        IClock clock = LookAtClock();
        ulong pages = memory.Bytes / PAGE_SIZE;
        new Span<uint>(header, DumpHeaderBytes / sizeof(uint)).Fill(Page);
        *(uint*)(header + 0x04) = Valid;
        *(uint*)(header + 0x08) = FreeBuildMark >> 28;
        *(uint*)(header + 0x0C) = VersionBuild;
        *(ulong*)(header + 0x10) = memory.PageTableRoot;
        *(uint*)(header + 0x30) = MachineAmd64;
        *(uint*)(header + 0x34) = 1; // processors
        new Span<byte>(header + 0x38, 5 * sizeof(ulong)).Clear(); // bug check code and parameters: there is none yet
        new Span<byte>(header + 0x88, RunsBytes).Clear();
        *(uint*)(header + 0x88) = 1; // runs of RAM
        *(ulong*)(header + 0x90) = pages;
        *(ulong*)(header + 0x98) = memory.PhysicalOf(memory.Base) / PAGE_SIZE;
        *(ulong*)(header + 0xA0) = pages;
        *(uint*)(header + 0xF98) = 1; // full
        *(ulong*)(header + 0xFA0) = DumpHeaderBytes + memory.Bytes;
        *(long*)(header + 0xFA8) = clock.SystemTime;
        *(long*)(header + 0x1030) = clock.InterruptTime;
        *(uint*)(header + 0x1040) = ProductWorkstation;
        *(uint*)(header + 0x1044) = SuiteSingleUser;
    }
}
