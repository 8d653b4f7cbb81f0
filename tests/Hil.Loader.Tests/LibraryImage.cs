using static Hil.Loader.Tests.PeBuilder;

namespace Hil.Loader.Tests;

/// <summary>A hand-made export driver: one routine by name and ordinal, one by ordinal only, one forwarded.</summary>
internal static class LibraryImage
{
    public const uint TextRva = 0x1000;
    public const uint ExportsRva = 0x2000;
    public const uint OrdinalBase = 5;

    public static byte[] Build(string forwarder)
    {
        var pe = new PeBuilder { EntryRva = TextRva, Characteristics = 0x2022 };
        pe.Section(".text", Code, 0x40).AsSpan().Fill(0xC3);
        byte[] exports = pe.Section(".edata", ReadOnlyData, 0x200);
        U32(exports, 16, OrdinalBase);
        U32(exports, 20, 3);
        U32(exports, 24, 2);
        U32(exports, 28, ExportsRva + 0x40);
        U32(exports, 32, ExportsRva + 0x60);
        U32(exports, 36, ExportsRva + 0x80);
        U32(exports, 0x40, TextRva + 0x10);
        U32(exports, 0x44, TextRva + 0x20);
        U32(exports, 0x48, ExportsRva + 0xC0);
        U32(exports, 0x60, ExportsRva + 0xA0);
        U32(exports, 0x64, ExportsRva + 0xB0);
        U16(exports, 0x80, 0);
        U16(exports, 0x82, 2);
        Text(exports, 0xA0, "LibOpen");
        Text(exports, 0xB0, "LibElsewhere");
        Text(exports, 0xC0, forwarder);
        pe.Directory(0, ExportsRva, 0x200);
        return pe.Build();
    }
}
