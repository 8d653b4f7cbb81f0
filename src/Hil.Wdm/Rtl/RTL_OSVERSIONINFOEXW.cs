namespace Hil.Wdm;

/// <summary>As RTL_OSVERSIONINFOW, with service pack and product type.</summary>
public unsafe struct RTL_OSVERSIONINFOEXW
{
    public uint dwOSVersionInfoSize;
    public uint dwMajorVersion;
    public uint dwMinorVersion;
    public uint dwBuildNumber;
    public uint dwPlatformId;
    public fixed char szCSDVersion[128];
    public ushort wServicePackMajor;
    public ushort wServicePackMinor;
    public ushort wSuiteMask;
    public byte wProductType;
    public byte wReserved;
}
