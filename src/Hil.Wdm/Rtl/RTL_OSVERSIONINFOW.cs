namespace Hil.Wdm;

/// <summary>The version that RtlGetVersion reports.</summary>
public unsafe struct RTL_OSVERSIONINFOW
{
    public uint dwOSVersionInfoSize;
    public uint dwMajorVersion;
    public uint dwMinorVersion;
    public uint dwBuildNumber;
    public uint dwPlatformId;
    public fixed char szCSDVersion[128];
}
