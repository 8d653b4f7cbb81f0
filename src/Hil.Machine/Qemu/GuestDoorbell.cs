using System.Runtime.InteropServices;

namespace Hil.Machine.Qemu;

/// <summary>What ended a <see cref="GuestDoorbell.Wait"/>.</summary>
public enum DoorbellEvent
{
    Timeout,

    /// <summary>The guest wrote to the doorbell port.</summary>
    Guest,

    /// <summary>Another host thread called <see cref="GuestDoorbell.Wake"/>.</summary>
    Host,

    /// <summary>QEMU is gone.</summary>
    Closed,
}

/// <summary>Where a host thread sleeps until the guest rings (one <c>out</c> to the doorbell port) or another thread
/// does. A ring with nobody waiting is kept for the next wait. One waiter at a time; <see cref="Wake"/> from any
/// thread.</summary>
public sealed unsafe partial class GuestDoorbell : IDisposable
{
    private const short PollIn = 1;
    private const int EventNonBlocking = 0x800;
    private const int EventCloseOnExec = 0x80000;
    private const int Interrupted = 4;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly LocalSocket _socket;
    private readonly int _socketHandle;
    private readonly int _eventHandle;
    private int _isDisposed;

    internal GuestDoorbell(LocalSocket socket)
    {
        _socket = socket;
        _socketHandle = socket.Descriptor;
        _eventHandle = CreateEvent(0, EventNonBlocking | EventCloseOnExec);
        if (_eventHandle < 0)
            throw new MachineStartException($"eventfd failed with errno {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>Blocks until somebody rings. Takes all rings that have come in.</summary>
    /// <param name="timeoutNanoseconds">Negative waits for ever; 0 only looks.</param>
    public DoorbellEvent Wait(long timeoutNanoseconds)
    {
        PollEntry* entries = stackalloc PollEntry[2];
        entries[0] = new PollEntry(_socketHandle, PollIn);
        entries[1] = new PollEntry(_eventHandle, PollIn);
        TimeSpec timeout = new()
        {
            Seconds = timeoutNanoseconds / NanosecondsPerSecond,
            Nanoseconds = timeoutNanoseconds % NanosecondsPerSecond,
        };
        int ready = Poll(entries, 2, timeoutNanoseconds < 0 ? null : &timeout, null);
        if (ready < 0 && Marshal.GetLastPInvokeError() == Interrupted)
            return DoorbellEvent.Host; // A signal: the caller looks around and waits again.
        Invariant.Holds(ready >= 0, "ppoll over two open descriptors succeeds");

        DoorbellEvent result = DoorbellEvent.Timeout;
        if (entries[1].IsReady)
            result = TakeHostRing();
        if (entries[0].IsReady)
            result = TakeGuestRings();
        return result;
    }

    /// <summary>Ends the current wait, or the next one.</summary>
    public void Wake()
    {
        ulong one = 1;
        _ = Write(_eventHandle, &one, sizeof(ulong));
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _socket.Dispose();
        _ = Close(_eventHandle);
    }

    private DoorbellEvent TakeHostRing()
    {
        ulong count;
        _ = Read(_eventHandle, &count, sizeof(ulong));
        return DoorbellEvent.Host;
    }

    private DoorbellEvent TakeGuestRings()
    {
        byte* rings = stackalloc byte[64];
        return Read(_socketHandle, rings, 64) > 0 ? DoorbellEvent.Guest : DoorbellEvent.Closed;
    }

    // struct pollfd
    private struct PollEntry(int handle, short events)
    {
        public int Handle = handle;
        public short Events = events;
        public short Happened = 0;

        public readonly bool IsReady => Happened != 0;
    }

    // struct timespec
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc.so.6", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int CreateEvent(uint initial, int flags);

    [LibraryImport("libc.so.6", EntryPoint = "ppoll", SetLastError = true)]
    private static partial int Poll(PollEntry* entries, nuint count, TimeSpec* timeout, void* signalMask);

    [LibraryImport("libc.so.6", EntryPoint = "read")]
    private static partial nint Read(int handle, void* buffer, nuint bytes);

    [LibraryImport("libc.so.6", EntryPoint = "write")]
    private static partial nint Write(int handle, void* buffer, nuint bytes);

    [LibraryImport("libc.so.6", EntryPoint = "close")]
    private static partial int Close(int handle);
}
