namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Version of the system, as RtlGetVersion tells it.</summary>
    /// <returns>FALSE: this is no checked build.</returns>
    /// <remarks>WDK: PsGetVersion (obsolete).</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN PsGetVersion(
        uint* majorVersion, uint* minorVersion, uint* buildNumber, UNICODE_STRING* csdVersion)
    {
        if (majorVersion != null)
            *majorVersion = VersionMajor;
        if (minorVersion != null)
            *minorVersion = VersionMinor;
        if (buildNumber != null)
            *buildNumber = VersionBuild;
        if (csdVersion != null)
            *csdVersion = default;
        return false;
    }
}
