using System.Runtime.InteropServices;

namespace Hil.Kernel;

/// <summary>One thread's permission to run. The giver hands it over; the taker spins for a moment, then
/// sleeps.</summary>
/// <remarks>Exactly one baton of a kernel is held at any time, so all of the kernel's state passes from thread to
/// thread with it: Give releases, Take acquires.</remarks>
internal sealed unsafe partial class Baton : IDisposable
{
    private const int Absent = 0;
    private const int Given = 1;
    private const int TakerSleeps = 2;

    // About 5 us: a hand-over that is answered at once stays awake, and the virtual processor is not robbed of its
    // core.
    private const int SpinsMax = 100;

    private const int WaitPrivate = 128;
    private const int WakePrivate = 129;

    // SYS_futex.
    private static readonly long s_futex = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 98 : 202;
    private static readonly int s_spins = Environment.ProcessorCount == 1 ? 0 : SpinsMax;

    private int* _word = (int*)NativeMemory.AlignedAlloc(64, 64);

    public Baton() => *_word = Absent;

    /// <summary>Lets the owner run. The caller must not touch kernel state afterwards.</summary>
    public void Give()
    {
        if (Interlocked.Exchange(ref *_word, Given) == TakerSleeps)
            Futex(s_futex, _word, WakePrivate, 1, null, null, 0);
    }

    /// <summary>Waits until the baton is given.</summary>
    public void Take()
    {
        for (int spin = 0; spin < s_spins && Volatile.Read(ref *_word) != Given; spin++)
            Thread.SpinWait(1);
        Interlocked.CompareExchange(ref *_word, TakerSleeps, Absent);
        while (Volatile.Read(ref *_word) == TakerSleeps)
            Futex(s_futex, _word, WaitPrivate, TakerSleeps, null, null, 0);
        Volatile.Write(ref *_word, Absent);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_word);
        _word = null;
    }

    // A wait that returns early (a signal, a late wake) only makes Take look again, so the result is not needed.
    [LibraryImport("libc.so.6", EntryPoint = "syscall")]
    private static partial long Futex(
        long number, int* word, long operation, long value, void* timeout, void* word2, long value3);
}
