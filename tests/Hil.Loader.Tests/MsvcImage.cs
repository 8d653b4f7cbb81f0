using static Hil.Loader.Tests.PeBuilder;

namespace Hil.Loader.Tests;

// An image shaped as Microsoft's linker shapes drivers: import address table in .rdata, import descriptors in INIT,
// pageable code, a security cookie, guard pointers, a debug directory, .pdata with a language handler and a chained
// part.

/// <summary>The hand-made image and where its parts are.</summary>
internal static class MsvcImage
{
    public const ulong ImageBase = 0x1_4000_0000;
    public const uint TextRva = 0x1000;
    public const uint RdataRva = 0x2000;
    public const uint DataRva = 0x3000;
    public const uint PdataRva = 0x5000;
    public const uint PageRva = 0x6000;
    public const uint InitRva = 0x7000;
    public const uint RelocRva = 0x9000;

    public const uint CookieRva = DataRva + 8;
    public const uint GuardCheckRva = RdataRva + 0x80;
    public const uint GuardDispatchRva = RdataRva + 0x88;
    public const uint LoadConfigRva = RdataRva + 0x100;
    public const uint HandlerRva = TextRva + 0x80;
    public const string PdbPath = @"C:\work\objfre\amd64\hand.pdb";

    public const int ImportTable = 0x40;

    /// <summary>The image as it usually is.</summary>
    public static byte[] Build() => Draw(withPointers: true).Build();

    /// <summary>No absolute address anywhere: the linker then writes no .reloc and does not say that it stripped
    /// any.</summary>
    public static byte[] BuildWithoutRelocations() => Draw(withPointers: false).Build();

    public static PeBuilder Draw(bool withPointers)
    {
        var pe = new PeBuilder { EntryRva = InitRva };
        pe.Section(".text", Code, 0x100).AsSpan().Fill(0xC3);
        FillRdata(pe, pe.Section(".rdata", ReadOnlyData, 0x600), withPointers);
        byte[] data = pe.Section(".data", Data, 0x200, virtualSize: 0x1800);
        if (withPointers)
            U64(data, 8, 0x0000_2B99_2DDF_A232);
        FillPdata(pe, pe.Section(".pdata", ReadOnlyData, 0x24));
        pe.Section("PAGE", PageableCode, 0x40).AsSpan().Fill(0xC3);
        FillInit(pe, pe.Section("INIT", InitCode, 0x200));
        pe.Section(".rsrc", Discardable, 0x20);
        if (withPointers)
            FillReloc(pe, pe.Section(".reloc", Discardable, 0x1C));
        return pe;
    }

    // IAT (two modules), guard pointers, load configuration, debug directory, unwind information.
    private static void FillRdata(PeBuilder pe, byte[] rdata, bool withPointers)
    {
        if (withPointers)
        {
            U64(rdata, 0x80, ImageBase + TextRva + 0x10);
            U64(rdata, 0x88, ImageBase + TextRva + 0x20);
            FillLoadConfig(rdata.AsSpan(0x100));
            pe.Directory(10, LoadConfigRva, 0x40);
        }
        FillDebug(rdata.AsSpan(0x280), rawOffset: 0x400 + 0x200 + 0x280 + 0x20);
        pe.Directory(6, RdataRva + 0x280, 28);
        FillUnwind(rdata.AsSpan(0x400));
    }

    private static void FillLoadConfig(Span<byte> config)
    {
        U32(config, 0, 0x94);
        U64(config, 0x58, ImageBase + CookieRva);
        U64(config, 0x70, ImageBase + GuardCheckRva);
        U64(config, 0x78, ImageBase + GuardDispatchRva);
        U32(config, 0x90, 0x100);
    }

    private static void FillDebug(Span<byte> debug, uint rawOffset)
    {
        U32(debug, 12, 2);
        U32(debug, 20, RdataRva + 0x2A0);
        U32(debug, 24, rawOffset);
        Text(debug, 0x20, "RSDS");
        Text(debug, 0x20 + 24, PdbPath);
    }

    // +0x00: sub rsp,0x28 with handler and one scope; +0x20: push rbx, sub rsp,0x1000, lea rbp,[rsp+0x20]; +0x40:
    // chained to the second function.
    private static void FillUnwind(Span<byte> unwind)
    {
        ReadOnlySpan<byte> first = [0x09, 4, 1, 0, 4, 0x42, 0, 0];
        first.CopyTo(unwind);
        U32(unwind, 8, HandlerRva);
        U32(unwind, 12, 1);
        ReadOnlySpan<byte> second = [0x01, 13, 4, 0x25, 13, 0x03, 8, 0x01, 0x00, 0x02, 1, 0x30];
        second.CopyTo(unwind[0x20..]);
        ReadOnlySpan<byte> third = [0x21, 0, 0, 0];
        third.CopyTo(unwind[0x40..]);
        U32(unwind, 0x44, TextRva + 0x40);
        U32(unwind, 0x48, TextRva + 0x60);
        U32(unwind, 0x4C, RdataRva + 0x420);
    }

    private static void FillPdata(PeBuilder pe, byte[] pdata)
    {
        Entry(0, TextRva, TextRva + 0x20, RdataRva + 0x400);
        Entry(12, TextRva + 0x40, TextRva + 0x60, RdataRva + 0x420);
        Entry(24, PageRva, PageRva + 0x10, RdataRva + 0x440);
        pe.Directory(3, PdataRva, 0x24);

        void Entry(int at, uint begin, uint end, uint unwind)
        {
            U32(pdata, at, begin);
            U32(pdata, at + 4, end);
            U32(pdata, at + 8, unwind);
        }
    }

    // Code at 0, import descriptors at 0x40, name tables at 0x80 and 0xB0, hint and name entries from 0xE0.
    private static void FillInit(PeBuilder pe, byte[] init)
    {
        init.AsSpan(0, ImportTable).Fill(0xC3);
        Descriptor(ImportTable, names: 0x80, module: 0x160, slots: RdataRva);
        Descriptor(ImportTable + 20, names: 0xB0, module: 0x170, slots: RdataRva + 0x20);
        pe.Directory(1, InitRva + ImportTable, 60);
        pe.Directory(12, RdataRva, 0x30);
        U64(init, 0x80, InitRva + 0xE0);
        U64(init, 0x88, InitRva + 0xF4);
        U64(init, 0x90, InitRva + 0x108);
        U64(init, 0xB0, 1ul << 63 | 17);
        Text(init, 0xE0 + 2, "IoCreateDevice");
        Text(init, 0xF4 + 2, "IofCallDriver");
        Text(init, 0x108 + 2, "KeTickCount");
        Text(init, 0x160, "ntoskrnl.exe");
        Text(init, 0x170, "HAL.dll");

        void Descriptor(int at, uint names, uint module, uint slots)
        {
            U32(init, at, InitRva + names);
            U32(init, at + 12, InitRva + module);
            U32(init, at + 16, slots);
        }
    }

    // The five absolute addresses are in .rdata; the block is padded with one ABSOLUTE entry.
    private static void FillReloc(PeBuilder pe, byte[] reloc)
    {
        U32(reloc, 0, RdataRva);
        U32(reloc, 4, 20);
        int at = 8;
        foreach (ushort offset in (ReadOnlySpan<ushort>)[0x080, 0x088, 0x158, 0x170, 0x178])
        {
            U16(reloc, at, (ushort)(0xA000 | offset));
            at += sizeof(ushort);
        }
        U16(reloc, at, 0);
        pe.Directory(5, RelocRva, 20);
    }
}
