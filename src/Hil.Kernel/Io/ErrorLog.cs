namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint ErrorLogTag = 0x67_4C_72_45; // ErLg
    private const int ErrorLogEntryBytesMax = 240; // ERROR_LOG_MAXIMUM_SIZE.

    /// <summary>Allocates an entry for the system's event log.</summary>
    /// <param name="ioObject">Device or driver object that the entry is about.</param>
    /// <param name="entrySize">In bytes, with dump data and strings.</param>
    /// <returns>Null for a size that is too small or too large, or when there is no memory.</returns>
    /// <remarks>WDK: IoAllocateErrorLogEntry.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* IoAllocateErrorLogEntry(void* ioObject, byte entrySize)
    {
        if (ioObject == null || entrySize < sizeof(IO_ERROR_LOG_PACKET) || entrySize > ErrorLogEntryBytesMax)
            return null;
        NtKernel kernel = NtKernel.Current;
        var entry = (ErrorLogHeader*)kernel.Pool.Allocate(
            (nuint)sizeof(ErrorLogHeader) + entrySize, ErrorLogTag, zero: true);
        if (entry == null)
            return null;
        entry->Object = ioObject;
        entry->Bytes = entrySize;
        return entry + 1;
    }

    /// <summary>Writes an entry to the log, which is Hil's event stream, and frees it.</summary>
    /// <remarks>WDK: IoWriteErrorLogEntry.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoWriteErrorLogEntry(void* elEntry)
    {
        NtKernel kernel = NtKernel.Current;
        var header = (ErrorLogHeader*)elEntry - 1;
        var packet = (IO_ERROR_LOG_PACKET*)elEntry;
        kernel.Events.Add(
            KernelEventKind.ErrorLog, (ulong)header->Object, (uint)packet->ErrorCode.Value, packet->UniqueErrorValue,
            DescribeEntry(kernel, header, packet));
        kernel.Pool.Free(header);
    }

    /// <summary>Frees an entry without writing it.</summary>
    /// <remarks>WDK: IoFreeErrorLogEntry.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoFreeErrorLogEntry(void* elEntry) => NtKernel.Current.Pool.Free((ErrorLogHeader*)elEntry - 1);

    private static string DescribeEntry(NtKernel kernel, ErrorLogHeader* header, IO_ERROR_LOG_PACKET* packet)
    {
        string about = kernel.Objects.Find(header->Object)?.ToString() ?? $"0x{(ulong)header->Object:x}";
        string line = $"{about}: error 0x{packet->ErrorCode.Value:x8}, unique value {packet->UniqueErrorValue}, "
            + $"final status {packet->FinalStatus}";
        int room = header->Bytes - sizeof(IO_ERROR_LOG_PACKET) + sizeof(uint);
        int dwords = Math.Min(packet->DumpDataSize, room) / sizeof(uint);
        for (int i = 0; i < dwords; i++)
            line += (i == 0 ? ", data " : " ") + packet->DumpData[i].ToString("x8");
        var text = new ReadOnlySpan<char>(
            (byte*)packet + packet->StringOffset, Math.Max(0, header->Bytes - packet->StringOffset) / sizeof(char));
        for (int i = 0; i < packet->NumberOfStrings && text.IndexOf('\0') is var end and >= 0; i++)
        {
            line += $", \"{text[..end]}\"";
            text = text[(end + 1)..];
        }
        return line;
    }

    private struct ErrorLogHeader
    {
        public void* Object;
        public int Bytes;
    }
}
