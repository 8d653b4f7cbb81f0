namespace Hil.Wdm;

/// <summary>A status code. The top two bits are the severity: success, informational, warning, error.</summary>
/// <remarks>WDK: Using NTSTATUS Values.</remarks>
public readonly record struct NTSTATUS(int Value)
{
    public NTSTATUS(uint value)
        : this((int)value)
    {
    }

    /// <summary>Success or informational: what NT_SUCCESS tests.</summary>
    public bool IsSuccess => Value >= 0;

    public bool IsInformation => Severity == 1;

    public bool IsWarning => Severity == 2;

    public bool IsError => Severity == 3;

    private uint Severity => (uint)Value >> 30;

    public static implicit operator int(NTSTATUS status) => status.Value;

    public static implicit operator NTSTATUS(int value) => new(value);

    /// <summary>The code's name in ntstatus.h, or the code in hexadecimal.</summary>
    public override string ToString() => NtStatus.Name(this) ?? $"0x{Value:X8}";
}
