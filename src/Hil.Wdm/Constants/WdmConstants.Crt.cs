namespace Hil.Wdm;

// errno.h and crtdefs.h of Microsoft's C runtime.
public static partial class WdmConstants
{
    public const int EINVAL = 22;
    public const int ERANGE = 34;
    public const int STRUNCATE = 80;

    /// <summary>Count of a routine with _s: as much as fits.</summary>
    public const ulong _TRUNCATE = ulong.MaxValue;
}
