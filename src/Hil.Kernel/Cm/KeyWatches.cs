namespace Hil.Kernel;

/// <summary>Handles of keys that wait for changes.</summary>
internal sealed class KeyWatches
{
    private readonly List<KeyWatch> _watches = [];

    /// <summary>The watch of a handle, made at its first call.</summary>
    public KeyWatch Of(KernelObject handle, KeyChange filter, bool watchesTree)
    {
        KeyWatch? watch = _watches.Find(watch => watch.Handle == handle);
        if (watch == null)
            _watches.Add(watch = new KeyWatch(handle, filter, watchesTree));
        return watch;
    }

    /// <summary>Tells everybody who waits for a change of a key.</summary>
    public void Note(RegistryKey changed, KeyChange change)
    {
        for (int i = _watches.Count - 1; i >= 0; i--)
        {
            KeyWatch watch = _watches[i];
            if (!watch.IsAbout(changed, change))
                continue;
            watch.HasChange = watch.Waiters.Count == 0;
            TellAll(watch, STATUS_NOTIFY_ENUM_DIR);
        }
    }

    /// <summary>The last handle of a key object is closed: nobody waits any more.</summary>
    public void End(KernelObject handle)
    {
        int index = _watches.FindIndex(watch => watch.Handle == handle);
        if (index < 0)
            return;
        KeyWatch watch = _watches[index];
        _watches.RemoveAt(index);
        TellAll(watch, STATUS_NOTIFY_CLEANUP);
    }

    // Whoever is told may run at once and ask again: he is told of the next change, not of this one.
    private static void TellAll(KeyWatch watch, NTSTATUS what)
    {
        for (int left = watch.Waiters.Count; left > 0 && watch.Waiters.TryDequeue(out KeyWaiter? waiter); left--)
            waiter.Tell(what);
    }
}
