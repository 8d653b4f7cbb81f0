namespace Hil.Kernel;

/// <summary>Register and port accesses on behalf of drivers: on the bus and among the kernel's events.</summary>
public static class RegisterAccess
{
    /// <summary>In operand C of <see cref="KernelEventKind.Register"/>, beside the width.</summary>
    public const ulong WriteMark = 0x100;

    /// <inheritdoc cref="WriteMark"/>
    public const ulong PortMark = 0x200;

    public static ulong Read(NtKernel kernel, ulong physical, int width)
    {
        ulong value = kernel.Bus.ReadMemory(physical, width);
        kernel.Events.Add(KernelEventKind.Register, physical, value, (ulong)width);
        return value;
    }

    public static void Write(NtKernel kernel, ulong physical, int width, ulong value)
    {
        kernel.Events.Add(KernelEventKind.Register, physical, value, (ulong)width | WriteMark);
        kernel.Bus.WriteMemory(physical, width, value);
    }

    public static uint ReadPort(NtKernel kernel, ushort port, int width)
    {
        uint value = kernel.Bus.ReadPort(port, width);
        kernel.Events.Add(KernelEventKind.Register, port, value, (ulong)width | PortMark);
        return value;
    }

    public static void WritePort(NtKernel kernel, ushort port, int width, uint value)
    {
        kernel.Events.Add(KernelEventKind.Register, port, value, (ulong)width | WriteMark | PortMark);
        kernel.Bus.WritePort(port, width, value);
    }

    /// <summary>Reads consecutive registers, or one port again and again; one event for each item.</summary>
    public static void ReadBlock(NtKernel kernel, ulong physical, Span<byte> items, int width)
    {
        kernel.Bus.ReadMemory(physical, items, width);
        AddItems(kernel, physical, items, width, (ulong)width, isPort: false);
    }

    public static void WriteBlock(NtKernel kernel, ulong physical, ReadOnlySpan<byte> items, int width)
    {
        AddItems(kernel, physical, items, width, (ulong)width | WriteMark, isPort: false);
        kernel.Bus.WriteMemory(physical, items, width);
    }

    public static void ReadPortBlock(NtKernel kernel, ushort port, Span<byte> items, int width)
    {
        kernel.Bus.ReadPort(port, items, width);
        AddItems(kernel, port, items, width, (ulong)width | PortMark, isPort: true);
    }

    public static void WritePortBlock(NtKernel kernel, ushort port, ReadOnlySpan<byte> items, int width)
    {
        AddItems(kernel, port, items, width, (ulong)width | WriteMark | PortMark, isPort: true);
        kernel.Bus.WritePort(port, items, width);
    }

    private static void AddItems(
        NtKernel kernel, ulong place, ReadOnlySpan<byte> items, int width, ulong marks, bool isPort)
    {
        for (int at = 0; at + width <= items.Length; at += width)
        {
            ulong value = 0;
            for (int i = width - 1; i >= 0; i--)
                value = (value << 8) | items[at + i];
            kernel.Events.Add(KernelEventKind.Register, isPort ? place : place + (ulong)at, value, marks);
        }
    }
}
