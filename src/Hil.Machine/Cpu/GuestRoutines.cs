using System.Buffers.Binary;

namespace Hil.Machine;

/// <summary>Memory and IRQL routines in machine code, in the RAM window.</summary>
internal sealed unsafe class GuestRoutines
{
    private readonly Dictionary<string, ulong> _addresses = new(StringComparer.Ordinal);

    public GuestRoutines(RamWindow ram)
    {
        const int Room = MachineLayout.RoutinePages * (int)MachineLayout.PageBytes;
        GuestRoutineImage image = GuestRoutineImage.Read(File.ReadAllBytes(GuestRoutineImage.Path));
        Invariant.Holds(image.Code.Length <= Room, "guest routines fit in their pages");
        ulong address = ram.Base + MachineLayout.RoutinesOffset;
        // SAFETY: the pages lie in the window, which lives longer than we do; no guest code runs yet.
        var pages = new Span<byte>((byte*)address, Room);
        image.Code.CopyTo(pages);
        foreach ((string export, int slot) in image.HostSlots)
            BinaryPrimitives.WriteUInt64LittleEndian(pages[slot..], StubOf(export, ram));
        foreach ((string name, int offset) in image.Routines)
            _addresses.Add(name, address + (ulong)offset);
        Module = new GuestRoutineModule(address, Room, image.Routines);
    }

    /// <summary>The routines as reports and unwinding see them.</summary>
    public GuestRoutineModule Module { get; }

    /// <summary>Address of a routine, or 0.</summary>
    public ulong Find(string name) => _addresses.GetValueOrDefault(name);

    /// <summary>Whether a routine says something about the driver's locking and IRQL, and does not
    /// just compute.</summary>
    public static bool IsObservable(string name) =>
        name.Contains("Irql", StringComparison.Ordinal) || name.Contains("Lock", StringComparison.Ordinal);

    // A host that lacks the export stops at the last stub, which no routine is registered for.
    private static ulong StubOf(string export, RamWindow ram)
    {
        ulong id = ExportTable.TryFind(export, out int found) ? (ulong)found : MachineLayout.StubCount - 1;
        return ram.Base + MachineLayout.StubsOffset + id * IVirtualProcessor.StubStride;
    }
}
