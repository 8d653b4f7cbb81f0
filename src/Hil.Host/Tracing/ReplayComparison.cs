namespace Hil.Host;

/// <summary>What has to be the same in a replay.</summary>
public enum ReplayComparison
{
    /// <summary>Everything: the same build of the driver does the same, to the address.</summary>
    Exact,

    /// <summary>What driver and device say to each other, and what requests come to: for another build.</summary>
    Conversation,

    /// <summary>The same, but the driver may poll more or fewer times, and read configuration space in another
    /// order.</summary>
    Relaxed,
}
