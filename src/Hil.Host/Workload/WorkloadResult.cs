namespace Hil.Host;

/// <summary>A workload from its first step to its last request.</summary>
/// <param name="Requests">Read, write and control requests that have ended.</param>
/// <param name="Cancelled">Those of them that ended with STATUS_CANCELLED.</param>
public sealed record WorkloadResult(int Steps, int Failed, long Requests, long Cancelled, TimeSpan Time);
