namespace Hil.Kernel;

/// <summary>What one handle of a key wants to know of it.</summary>
/// <remarks>It stays as it was first asked for until the handle is closed. A change that comes while nobody waits is
/// kept for the next call.</remarks>
internal sealed class KeyWatch(KernelObject handle, KeyChange filter, bool watchesTree)
{
    public KernelObject Handle { get; } = handle;

    /// <summary>Whether something has changed that nobody has been told of.</summary>
    public bool HasChange { get; set; }

    /// <summary>Who is to be told, in order of their calls.</summary>
    public Queue<KeyWaiter> Waiters { get; } = [];

    private RegistryKey Key => (RegistryKey)Handle.Payload!;

    public bool IsAbout(RegistryKey changed, KeyChange change)
    {
        if ((filter & change) == 0)
            return false;
        if (!watchesTree)
            return changed == Key;
        for (RegistryKey? at = changed; at != null; at = at.Parent)
        {
            if (at == Key)
                return true;
        }
        return false;
    }
}
