namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Version of the system: that of Windows 10 2004, whose structure layouts Hil has.</summary>
    /// <returns>FALSE: this is no checked build.</returns>
    /// <remarks>WDK: PsGetVersion (obsolete).</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN PsGetVersion(
        uint* majorVersion, uint* minorVersion, uint* buildNumber, UNICODE_STRING* csdVersion)
    {
        if (majorVersion != null)
            *majorVersion = 10;
        if (minorVersion != null)
            *minorVersion = 0;
        if (buildNumber != null)
            *buildNumber = 19041;
        if (csdVersion != null)
            *csdVersion = default;
        return false;
    }
}
