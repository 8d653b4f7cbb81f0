namespace Hil.Wdm;

/// <summary>The constants of wdm.h, meant for <c>using static</c>. This part: interrupt request levels.</summary>
public static partial class WdmConstants
{
    public const byte PASSIVE_LEVEL = 0;
    public const byte LOW_LEVEL = 0;
    public const byte APC_LEVEL = 1;
    public const byte DISPATCH_LEVEL = 2;
    public const byte SYNCH_LEVEL = 12;
    public const byte CLOCK_LEVEL = 13;
    public const byte IPI_LEVEL = 14;
    public const byte DRS_LEVEL = 14;
    public const byte POWER_LEVEL = 14;
    public const byte PROFILE_LEVEL = 15;
    public const byte HIGH_LEVEL = 15;

    // Device interrupts get the levels in between; x64 gives no names to them.
    public const byte DIRQL_MIN = 3;
    public const byte DIRQL_MAX = 11;
}
