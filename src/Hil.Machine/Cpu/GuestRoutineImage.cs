using System.Buffers.Binary;
using System.Text;

namespace Hil.Machine;

/// <summary>A routine's name, or that of a host's export, and an offset in the code.</summary>
internal readonly record struct GuestRoutineName(string Name, int Offset);

// A file of little-endian values: two tables, then the code up to the end. A table is a 16-bit count and so many
// entries, each a 16-bit offset in the code and a name with its length before it.

/// <summary>The guest routines as they lie in a file: code for any address.</summary>
/// <param name="Routines">Where each begins, in ascending order.</param>
/// <param name="HostSlots">Eight bytes each, to be filled with the address of an export's import stub.</param>
internal sealed record GuestRoutineImage(GuestRoutineName[] Routines, GuestRoutineName[] HostSlots, byte[] Code)
{
    /// <summary>The committed file, beside the program.</summary>
    public static string Path { get; } =
        System.IO.Path.Combine(AppContext.BaseDirectory, "firmware-images", "hil-routines.bin");

    /// <summary>Reads a file that <see cref="Write"/> made; it is part of the program and taken on trust.</summary>
    public static GuestRoutineImage Read(ReadOnlySpan<byte> file)
    {
        GuestRoutineName[] routines = ReadTable(ref file);
        GuestRoutineName[] slots = ReadTable(ref file);
        return new GuestRoutineImage(routines, slots, file.ToArray());
    }

    public byte[] Write()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.ASCII);
        WriteTable(writer, Routines);
        WriteTable(writer, HostSlots);
        writer.Write(Code);
        return stream.ToArray();
    }

    private static GuestRoutineName[] ReadTable(ref ReadOnlySpan<byte> file)
    {
        var names = new GuestRoutineName[BinaryPrimitives.ReadUInt16LittleEndian(file)];
        file = file[sizeof(ushort)..];
        for (int i = 0; i < names.Length; i++)
        {
            int offset = BinaryPrimitives.ReadUInt16LittleEndian(file);
            int length = file[sizeof(ushort)];
            file = file[(sizeof(ushort) + 1)..];
            names[i] = new GuestRoutineName(Encoding.ASCII.GetString(file[..length]), offset);
            file = file[length..];
        }
        return names;
    }

    private static void WriteTable(BinaryWriter writer, GuestRoutineName[] names)
    {
        writer.Write(checked((ushort)names.Length));
        foreach ((string name, int offset) in names)
        {
            writer.Write(checked((ushort)offset));
            writer.Write(checked((byte)name.Length));
            writer.Write(name.AsSpan());
        }
    }
}
