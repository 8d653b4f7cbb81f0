namespace Hil.Wdm;

public static unsafe partial class WdmInlines
{
    public static void* MmGetMdlVirtualAddress(MDL* mdl) => (byte*)mdl->StartVa + mdl->ByteOffset;

    public static void* MmGetMdlBaseVa(MDL* mdl) => mdl->StartVa;

    public static uint MmGetMdlByteCount(MDL* mdl) => mdl->ByteCount;

    public static uint MmGetMdlByteOffset(MDL* mdl) => mdl->ByteOffset;

    /// <summary>The page frame numbers, which follow the MDL, one for each page it spans.</summary>
    public static ulong* MmGetMdlPfnArray(MDL* mdl) => (ulong*)(mdl + 1);

    /// <summary>Prepares an MDL for a buffer; the page frame numbers are left as they are.</summary>
    public static void MmInitializeMdl(MDL* mdl, void* baseVa, nuint length)
    {
        mdl->Next = null;
        mdl->Size = (short)(sizeof(MDL) + sizeof(ulong) * ADDRESS_AND_SIZE_TO_SPAN_PAGES(baseVa, length));
        mdl->MdlFlags = 0;
        mdl->StartVa = PAGE_ALIGN(baseVa);
        mdl->ByteOffset = BYTE_OFFSET(baseVa);
        mdl->ByteCount = (uint)length;
    }
}
