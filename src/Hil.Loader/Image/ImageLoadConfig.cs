namespace Hil.Loader;

/// <summary>The pointers of the load configuration that a loader must know; RVAs, 0 where the image has none.</summary>
/// <param name="SecurityCookieRva">The stack cookie the loader sets to a random value.</param>
/// <param name="GuardCheckRva">Control-flow guard's check pointer; as linked it points to a routine that does
/// nothing.</param>
/// <param name="GuardDispatchRva">Control-flow guard's dispatch pointer; as linked it points to a plain <c>jmp
/// rax</c>.</param>
public sealed record ImageLoadConfig(uint SecurityCookieRva, uint GuardCheckRva, uint GuardDispatchRva, uint GuardFlags)
{
    private const uint CookieField = 0x58;
    private const uint GuardCheckField = 0x70;
    private const uint GuardDispatchField = 0x78;
    private const uint GuardFlagsField = 0x90;

    /// <summary>Null if the image has no load configuration (2003-era and mingw images).</summary>
    internal static ImageLoadConfig? Read(ImageLayout layout)
    {
        DataDirectory directory = layout.Headers[DataDirectoryIndex.LoadConfig];
        if (!directory.IsPresent)
            return null;
        // The structure's own first field counts; the directory's size was frozen at its oldest form for compatibility.
        uint size = layout.ReadUInt32(directory.Rva, directory.HeaderOffset, "The load configuration");
        if (!layout.Contains(directory.Rva, size))
            throw layout.Wild(directory.Rva, directory.HeaderOffset, "The load configuration");
        var fields = new Fields(layout, directory, size);
        return new ImageLoadConfig(fields.Pointer(CookieField, "The security cookie"),
            fields.Pointer(GuardCheckField, "The guard check pointer"),
            fields.Pointer(GuardDispatchField, "The guard dispatch pointer"), fields.Number(GuardFlagsField));
    }

    private readonly record struct Fields(ImageLayout Layout, DataDirectory Directory, uint Size)
    {
        public uint Number(uint field) => field + sizeof(uint) > Size
            ? 0
            : Layout.ReadUInt32(Directory.Rva + field, Directory.HeaderOffset, "The load configuration");

        // These fields are addresses, not RVAs, and pointed-to variables are eight bytes wide.
        public uint Pointer(uint field, string what)
        {
            if (field + sizeof(ulong) > Size)
                return 0;
            ulong address = Layout.ReadUInt64(Directory.Rva + field, Directory.HeaderOffset, "The load configuration");
            if (address == 0)
                return 0;
            ulong rva = unchecked(address - Layout.Headers.ImageBase);
            long offset = Layout.FileOffset(Directory.Rva + field, Directory.HeaderOffset);
            if (rva >= Layout.Headers.SizeOfImage || !Layout.TryFindSection((uint)rva, out _)
                || !Layout.Contains((uint)rva, sizeof(ulong)))
                throw Layout.File.Bad(offset,
                    $"{what} is said to be at address 0x{address:X}, outside the image's sections");
            return rva % sizeof(ulong) == 0 ? (uint)rva
                : throw Layout.File.Bad(offset, $"{what} at RVA 0x{rva:X} is not aligned to eight bytes");
        }
    }
}
