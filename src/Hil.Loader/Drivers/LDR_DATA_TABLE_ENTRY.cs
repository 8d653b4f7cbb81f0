using System.Runtime.InteropServices;

namespace Hil.Loader;

/// <summary>What DRIVER_OBJECT.DriverSection points to: undocumented, but drivers walk the list of loaded modules
/// through it
/// and test its flags. Layout of the kernel's own variant in Windows 10 x64.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LDR_DATA_TABLE_ENTRY
{
    public LIST_ENTRY InLoadOrderLinks;
    public void* ExceptionTable;
    public uint ExceptionTableSize;
    public void* GpValue;
    public void* NonPagedDebugInfo;
    public void* DllBase;
    public void* EntryPoint;
    public uint SizeOfImage;
    public UNICODE_STRING FullDllName;
    public UNICODE_STRING BaseDllName;
    public uint Flags;
    public ushort LoadCount;
    public ushort SignatureFlags;
    public void* SectionPointer;
    public uint CheckSum;
    public uint CoverageSectionSize;
    public void* CoverageSection;
    public void* LoadedImports;
    public void* Spare;
    public uint SizeOfImageNotRounded;
    public uint TimeDateStamp;
}
