namespace Hil.Kernel;

// Drivers use these on device memory too, where the host goes through the bus. Elsewhere the pages are checked first,
// so that running over the end of a block is found here as it would be in the driver's own code.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Copies memory; the ranges may overlap.</summary>
    /// <remarks>WDK: RtlCopyMemory.</remarks>
    [Export]
    public static void RtlCopyMemory(void* destination, void* source, nuint length) =>
        CopyMemory(destination, source, length, nameof(RtlCopyMemory));

    /// <summary>As RtlCopyMemory.</summary>
    /// <remarks>WDK: RtlMoveMemory.</remarks>
    [Export]
    public static void RtlMoveMemory(void* destination, void* source, nuint length) =>
        CopyMemory(destination, source, length, nameof(RtlMoveMemory));

    /// <summary>As RtlCopyMemory; that it bypasses caches cannot be seen.</summary>
    /// <remarks>WDK: RtlCopyMemoryNonTemporal.</remarks>
    [Export]
    public static void RtlCopyMemoryNonTemporal(void* destination, void* source, nuint length) =>
        CopyMemory(destination, source, length, nameof(RtlCopyMemoryNonTemporal));

    /// <summary>Hints that memory will be read once; nothing that can be seen comes of it.</summary>
    /// <remarks>WDK: RtlPrefetchMemoryNonTemporal.</remarks>
    [Export]
    public static void RtlPrefetchMemoryNonTemporal(void* source, nuint length)
    {
    }

    /// <summary>Sets memory to zero.</summary>
    /// <remarks>WDK: RtlZeroMemory.</remarks>
    [Export]
    public static void RtlZeroMemory(void* destination, nuint length) =>
        FillMemory(destination, length, 0, nameof(RtlZeroMemory));

    /// <summary>Sets every byte of a range.</summary>
    /// <remarks>WDK: RtlFillMemory.</remarks>
    [Export]
    public static void RtlFillMemory(void* destination, nuint length, int fill) =>
        FillMemory(destination, length, (byte)fill, nameof(RtlFillMemory));

    /// <summary>Number of equal bytes from the start of two ranges.</summary>
    /// <remarks>WDK: RtlCompareMemory.</remarks>
    [Export]
    public static nuint RtlCompareMemory(void* source1, void* source2, nuint length)
    {
        DriverMemory.RequireReadable(source1, length, nameof(RtlCompareMemory));
        DriverMemory.RequireReadable(source2, length, nameof(RtlCompareMemory));
        nuint equal = 0;
        while (equal < length && ((byte*)source1)[equal] == ((byte*)source2)[equal])
            equal++;
        return equal;
    }

    private static void CopyMemory(void* destination, void* source, nuint length, string export)
    {
        bool fromDevice = IsDevice(source, out ulong sourcePhysical);
        bool toDevice = IsDevice(destination, out ulong destinationPhysical);
        if (!fromDevice)
            DriverMemory.RequireReadable(source, length, export);
        if (!toDevice)
            DriverMemory.RequireWritable(destination, length, export);
        if (!fromDevice && !toDevice)
            Buffer.MemoryCopy(source, destination, length, length);
        else
            CopyThroughBus(destination, source, length, destinationPhysical, sourcePhysical);
    }

    private static void FillMemory(void* destination, nuint length, byte fill, string export)
    {
        if (IsDevice(destination, out ulong physical))
        {
            Span<byte> chunk = stackalloc byte[256];
            chunk.Fill(fill);
            for (nuint done = 0; done < length; done += (nuint)chunk.Length)
                NtKernel.Current.Bus.WriteMemory(
                    physical + done, chunk[..(int)Math.Min((nuint)chunk.Length, length - done)], 1);
            return;
        }
        DriverMemory.RequireWritable(destination, length, export);
        System.Runtime.InteropServices.NativeMemory.Fill(destination, length, fill);
    }

    // A physical address of 0 says that this side is RAM.
    private static void CopyThroughBus(
        void* destination, void* source, nuint length, ulong destinationPhysical, ulong sourcePhysical)
    {
        IBus bus = NtKernel.Current.Bus;
        Span<byte> buffer = stackalloc byte[256];
        for (nuint done = 0; done < length; done += (nuint)buffer.Length)
        {
            Span<byte> chunk = buffer[..(int)Math.Min((nuint)buffer.Length, length - done)];
            if (sourcePhysical != 0)
                bus.ReadMemory(sourcePhysical + done, chunk, 1);
            else
                new Span<byte>((byte*)source + done, chunk.Length).CopyTo(chunk);
            if (destinationPhysical != 0)
                bus.WriteMemory(destinationPhysical + done, chunk, 1);
            else
                chunk.CopyTo(new Span<byte>((byte*)destination + done, chunk.Length));
        }
    }

    private static bool IsDevice(void* address, out ulong physical)
    {
        IGuestMemory memory = NtKernel.Current.Services.Memory;
        physical = 0;
        return (ulong)address - memory.Base >= memory.Bytes
            && memory.TryTranslateDevice((ulong)address, out physical);
    }
}
