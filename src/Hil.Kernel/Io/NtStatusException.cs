namespace Hil.Kernel;

/// <summary>A driver failed a request and the caller has no other way to hear of it than an exception.</summary>
public sealed class NtStatusException(NTSTATUS status, string what) : IOException($"{what}: {status}")
{
    public NTSTATUS Status { get; } = status;
}
