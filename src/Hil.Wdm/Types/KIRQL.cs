namespace Hil.Wdm;

/// <summary>An interrupt request level, 0 to 15 on x64.</summary>
public readonly record struct KIRQL(byte Value) : IComparable<KIRQL>
{
    public static implicit operator byte(KIRQL irql) => irql.Value;

    public static implicit operator KIRQL(byte value) => new(value);

    public int CompareTo(KIRQL other) => Value.CompareTo(other.Value);

    /// <summary>The level's name, as in "DISPATCH_LEVEL" or "DIRQL 5".</summary>
    public override string ToString() => Value switch
    {
        WdmConstants.PASSIVE_LEVEL => nameof(WdmConstants.PASSIVE_LEVEL),
        WdmConstants.APC_LEVEL => nameof(WdmConstants.APC_LEVEL),
        WdmConstants.DISPATCH_LEVEL => nameof(WdmConstants.DISPATCH_LEVEL),
        <= WdmConstants.DIRQL_MAX => $"DIRQL {Value}",
        WdmConstants.SYNCH_LEVEL => nameof(WdmConstants.SYNCH_LEVEL),
        WdmConstants.CLOCK_LEVEL => nameof(WdmConstants.CLOCK_LEVEL),
        WdmConstants.IPI_LEVEL => nameof(WdmConstants.IPI_LEVEL),
        WdmConstants.HIGH_LEVEL => nameof(WdmConstants.HIGH_LEVEL),
        _ => $"IRQL {Value}",
    };
}
