namespace Hil.Kernel;

/// <summary>How a request for a file ended.</summary>
/// <param name="Status">What the driver said.</param>
/// <param name="Information">As a rule the number of bytes transferred.</param>
public readonly record struct IoResult(NTSTATUS Status, ulong Information)
{
    public bool IsSuccess => Status.IsSuccess;

    public override string ToString() => $"{Status}, {Information}";
}
