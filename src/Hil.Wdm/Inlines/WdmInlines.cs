namespace Hil.Wdm;

// The macros and forced-inline functions of wdm.h. Drivers have them compiled in, so they are no exports; kernel and
// managed drivers use these. They trust their arguments, as the originals do.

/// <summary>wdm.h's inline functions, meant for <c>using static</c>. This part: status, control codes, pages.</summary>
public static unsafe partial class WdmInlines
{
    public static bool NT_SUCCESS(NTSTATUS status) => status.IsSuccess;

    public static bool NT_INFORMATION(NTSTATUS status) => status.IsInformation;

    public static bool NT_WARNING(NTSTATUS status) => status.IsWarning;

    public static bool NT_ERROR(NTSTATUS status) => status.IsError;

    public static uint CTL_CODE(uint deviceType, uint function, uint method, uint access) =>
        (deviceType << 16) | (access << 14) | (function << 2) | method;

    public static uint METHOD_FROM_CTL_CODE(uint ioControlCode) => ioControlCode & 3;

    public static uint DEVICE_TYPE_FROM_CTL_CODE(uint ioControlCode) => ioControlCode >> 16;

    public static uint IoGetFunctionCodeFromCtlCode(uint ioControlCode) => (ioControlCode >> 2) & 0xFFF;

    /// <summary>The record of which <paramref name="address"/> is the field at that offset, in bytes.</summary>
    public static T* CONTAINING_RECORD<T>(void* address, int fieldOffset)
        where T : unmanaged => (T*)((byte*)address - fieldOffset);

    public static uint BYTE_OFFSET(void* virtualAddress) => (uint)(nuint)virtualAddress & (PAGE_SIZE - 1);

    public static void* PAGE_ALIGN(void* virtualAddress) => (void*)((nuint)virtualAddress & ~(nuint)(PAGE_SIZE - 1));

    public static nuint ROUND_TO_PAGES(nuint size) => (size + PAGE_SIZE - 1) & ~(nuint)(PAGE_SIZE - 1);

    public static uint BYTES_TO_PAGES(nuint size) => (uint)(ROUND_TO_PAGES(size) >> (int)PAGE_SHIFT);

    /// <summary>How many pages a buffer touches.</summary>
    public static uint ADDRESS_AND_SIZE_TO_SPAN_PAGES(void* virtualAddress, nuint size) =>
        BYTES_TO_PAGES(BYTE_OFFSET(virtualAddress) + size);
}
