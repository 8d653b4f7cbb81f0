using System.Runtime.CompilerServices;

namespace Hil.Kernel;

// Compiled drivers have these inlined as plain instructions; managed drivers call them. A register address is one that
// MmMapIoSpace returned. An interrupt that an access raised is taken before the access returns, which is where a
// driver's own instruction would have been cut into.

/// <summary>Device registers and ports for managed drivers, spelled as in wdm.h.</summary>
public static unsafe class DeviceAccess
{
    /// <remarks>WDK: READ_REGISTER_UCHAR.</remarks>
    public static byte READ_REGISTER_UCHAR(byte* register) => (byte)Read(register, sizeof(byte));

    /// <remarks>WDK: READ_REGISTER_USHORT.</remarks>
    public static ushort READ_REGISTER_USHORT(ushort* register) => (ushort)Read(register, sizeof(ushort));

    /// <remarks>WDK: READ_REGISTER_ULONG.</remarks>
    public static uint READ_REGISTER_ULONG(uint* register) => (uint)Read(register, sizeof(uint));

    /// <remarks>WDK: READ_REGISTER_ULONG64.</remarks>
    public static ulong READ_REGISTER_ULONG64(ulong* register) => Read(register, sizeof(ulong));

    /// <remarks>WDK: WRITE_REGISTER_UCHAR.</remarks>
    public static void WRITE_REGISTER_UCHAR(byte* register, byte value) => Write(register, sizeof(byte), value);

    /// <remarks>WDK: WRITE_REGISTER_USHORT.</remarks>
    public static void WRITE_REGISTER_USHORT(ushort* register, ushort value) => Write(register, sizeof(ushort), value);

    /// <remarks>WDK: WRITE_REGISTER_ULONG.</remarks>
    public static void WRITE_REGISTER_ULONG(uint* register, uint value) => Write(register, sizeof(uint), value);

    /// <remarks>WDK: WRITE_REGISTER_ULONG64.</remarks>
    public static void WRITE_REGISTER_ULONG64(ulong* register, ulong value) => Write(register, sizeof(ulong), value);

    /// <remarks>WDK: READ_REGISTER_BUFFER_UCHAR. Consecutive registers.</remarks>
    public static void READ_REGISTER_BUFFER_UCHAR(byte* register, byte* buffer, uint count) =>
        ReadBuffer(register, new Span<byte>(buffer, (int)count), sizeof(byte));

    /// <remarks>WDK: READ_REGISTER_BUFFER_USHORT.</remarks>
    public static void READ_REGISTER_BUFFER_USHORT(ushort* register, ushort* buffer, uint count) =>
        ReadBuffer(register, new Span<byte>(buffer, (int)count * sizeof(ushort)), sizeof(ushort));

    /// <remarks>WDK: READ_REGISTER_BUFFER_ULONG.</remarks>
    public static void READ_REGISTER_BUFFER_ULONG(uint* register, uint* buffer, uint count) =>
        ReadBuffer(register, new Span<byte>(buffer, (int)count * sizeof(uint)), sizeof(uint));

    /// <remarks>WDK: WRITE_REGISTER_BUFFER_UCHAR.</remarks>
    public static void WRITE_REGISTER_BUFFER_UCHAR(byte* register, byte* buffer, uint count) =>
        WriteBuffer(register, new ReadOnlySpan<byte>(buffer, (int)count), sizeof(byte));

    /// <remarks>WDK: WRITE_REGISTER_BUFFER_USHORT.</remarks>
    public static void WRITE_REGISTER_BUFFER_USHORT(ushort* register, ushort* buffer, uint count) =>
        WriteBuffer(register, new ReadOnlySpan<byte>(buffer, (int)count * sizeof(ushort)), sizeof(ushort));

    /// <remarks>WDK: WRITE_REGISTER_BUFFER_ULONG.</remarks>
    public static void WRITE_REGISTER_BUFFER_ULONG(uint* register, uint* buffer, uint count) =>
        WriteBuffer(register, new ReadOnlySpan<byte>(buffer, (int)count * sizeof(uint)), sizeof(uint));

    /// <remarks>WDK: READ_PORT_UCHAR.</remarks>
    public static byte READ_PORT_UCHAR(byte* port) => (byte)ReadPort(port, sizeof(byte));

    /// <remarks>WDK: READ_PORT_USHORT.</remarks>
    public static ushort READ_PORT_USHORT(ushort* port) => (ushort)ReadPort(port, sizeof(ushort));

    /// <remarks>WDK: READ_PORT_ULONG.</remarks>
    public static uint READ_PORT_ULONG(uint* port) => ReadPort(port, sizeof(uint));

    /// <remarks>WDK: WRITE_PORT_UCHAR.</remarks>
    public static void WRITE_PORT_UCHAR(byte* port, byte value) => WritePort(port, sizeof(byte), value);

    /// <remarks>WDK: WRITE_PORT_USHORT.</remarks>
    public static void WRITE_PORT_USHORT(ushort* port, ushort value) => WritePort(port, sizeof(ushort), value);

    /// <remarks>WDK: WRITE_PORT_ULONG.</remarks>
    public static void WRITE_PORT_ULONG(uint* port, uint value) => WritePort(port, sizeof(uint), value);

    /// <remarks>WDK: READ_PORT_BUFFER_UCHAR. One port, again and again.</remarks>
    public static void READ_PORT_BUFFER_UCHAR(byte* port, byte* buffer, uint count) =>
        ReadPortBuffer(port, new Span<byte>(buffer, (int)count), sizeof(byte));

    /// <remarks>WDK: READ_PORT_BUFFER_USHORT.</remarks>
    public static void READ_PORT_BUFFER_USHORT(ushort* port, ushort* buffer, uint count) =>
        ReadPortBuffer(port, new Span<byte>(buffer, (int)count * sizeof(ushort)), sizeof(ushort));

    /// <remarks>WDK: READ_PORT_BUFFER_ULONG.</remarks>
    public static void READ_PORT_BUFFER_ULONG(uint* port, uint* buffer, uint count) =>
        ReadPortBuffer(port, new Span<byte>(buffer, (int)count * sizeof(uint)), sizeof(uint));

    /// <remarks>WDK: WRITE_PORT_BUFFER_UCHAR.</remarks>
    public static void WRITE_PORT_BUFFER_UCHAR(byte* port, byte* buffer, uint count) =>
        WritePortBuffer(port, new ReadOnlySpan<byte>(buffer, (int)count), sizeof(byte));

    /// <remarks>WDK: WRITE_PORT_BUFFER_USHORT.</remarks>
    public static void WRITE_PORT_BUFFER_USHORT(ushort* port, ushort* buffer, uint count) =>
        WritePortBuffer(port, new ReadOnlySpan<byte>(buffer, (int)count * sizeof(ushort)), sizeof(ushort));

    /// <remarks>WDK: WRITE_PORT_BUFFER_ULONG.</remarks>
    public static void WRITE_PORT_BUFFER_ULONG(uint* port, uint* buffer, uint count) =>
        WritePortBuffer(port, new ReadOnlySpan<byte>(buffer, (int)count * sizeof(uint)), sizeof(uint));

    private static ulong Read(void* register, int width)
    {
        NtKernel kernel = NtKernel.Current;
        ulong value = RegisterAccess.Read(kernel, PhysicalOf(kernel, register), width);
        kernel.Processor.ServicePendingInterrupts();
        return value;
    }

    private static void Write(void* register, int width, ulong value)
    {
        NtKernel kernel = NtKernel.Current;
        RegisterAccess.Write(kernel, PhysicalOf(kernel, register), width, value);
        kernel.Processor.ServicePendingInterrupts();
    }

    private static void ReadBuffer(void* register, Span<byte> buffer, int width)
    {
        NtKernel kernel = NtKernel.Current;
        RegisterAccess.ReadBlock(kernel, PhysicalOf(kernel, register), buffer, width);
        kernel.Processor.ServicePendingInterrupts();
    }

    private static void WriteBuffer(void* register, ReadOnlySpan<byte> buffer, int width)
    {
        NtKernel kernel = NtKernel.Current;
        RegisterAccess.WriteBlock(kernel, PhysicalOf(kernel, register), buffer, width);
        kernel.Processor.ServicePendingInterrupts();
    }

    private static uint ReadPort(void* port, int width)
    {
        NtKernel kernel = NtKernel.Current;
        uint value = RegisterAccess.ReadPort(kernel, (ushort)port, width);
        kernel.Processor.ServicePendingInterrupts();
        return value;
    }

    private static void WritePort(void* port, int width, uint value)
    {
        NtKernel kernel = NtKernel.Current;
        RegisterAccess.WritePort(kernel, (ushort)port, width, value);
        kernel.Processor.ServicePendingInterrupts();
    }

    private static void ReadPortBuffer(void* port, Span<byte> buffer, int width)
    {
        NtKernel kernel = NtKernel.Current;
        RegisterAccess.ReadPortBlock(kernel, (ushort)port, buffer, width);
        kernel.Processor.ServicePendingInterrupts();
    }

    private static void WritePortBuffer(void* port, ReadOnlySpan<byte> buffer, int width)
    {
        NtKernel kernel = NtKernel.Current;
        RegisterAccess.WritePortBlock(kernel, (ushort)port, buffer, width);
        kernel.Processor.ServicePendingInterrupts();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong PhysicalOf(NtKernel kernel, void* register)
    {
        if (!kernel.Services.Memory.TryTranslateDevice((ulong)register, out ulong physical))
            kernel.BugCheck(BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, (ulong)register, 0, 0, 0,
                $"a register access at 0x{(ulong)register:x}, which MmMapIoSpace did not map");
        return physical;
    }
}
