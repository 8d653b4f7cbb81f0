namespace Hil.Kernel;

// A reader/writer spin lock is one word: the writer's bit on top, the number of readers below.

public static unsafe partial class Ntoskrnl
{
    private const int SpinLockWriter = int.MinValue;

    /// <summary>Acquires a reader/writer spin lock as writer at DISPATCH_LEVEL; returns the IRQL from before.</summary>
    /// <remarks>WDK: ExAcquireSpinLockExclusive.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static KIRQL ExAcquireSpinLockExclusive(int* spinLock)
    {
        KIRQL old = RaiseTo(DISPATCH_LEVEL);
        ExAcquireSpinLockExclusiveAtDpcLevel(spinLock);
        return old;
    }

    /// <inheritdoc cref="ExAcquireSpinLockExclusive"/>
    /// <remarks>WDK: ExAcquireSpinLockExclusiveAtDpcLevel.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static void ExAcquireSpinLockExclusiveAtDpcLevel(int* spinLock)
    {
        if (*spinLock != 0)
            FailReaderWriter(BugCheckCodes.SPIN_LOCK_ALREADY_OWNED, spinLock, "is held already and can never be got");
        *spinLock = SpinLockWriter;
    }

    /// <summary>Releases a reader/writer spin lock held as writer.</summary>
    /// <remarks>WDK: ExReleaseSpinLockExclusive.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static void ExReleaseSpinLockExclusive(int* spinLock, KIRQL oldIrql)
    {
        ExReleaseSpinLockExclusiveFromDpcLevel(spinLock);
        LowerTo(oldIrql);
    }

    /// <inheritdoc cref="ExReleaseSpinLockExclusive"/>
    /// <remarks>WDK: ExReleaseSpinLockExclusiveFromDpcLevel.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static void ExReleaseSpinLockExclusiveFromDpcLevel(int* spinLock)
    {
        if (*spinLock != SpinLockWriter)
            FailReaderWriter(BugCheckCodes.SPIN_LOCK_NOT_OWNED, spinLock, "was released, but no writer holds it");
        *spinLock = 0;
    }

    /// <summary>Acquires a reader/writer spin lock as reader at DISPATCH_LEVEL; returns the IRQL from before.</summary>
    /// <remarks>WDK: ExAcquireSpinLockShared.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static KIRQL ExAcquireSpinLockShared(int* spinLock)
    {
        KIRQL old = RaiseTo(DISPATCH_LEVEL);
        ExAcquireSpinLockSharedAtDpcLevel(spinLock);
        return old;
    }

    /// <inheritdoc cref="ExAcquireSpinLockShared"/>
    /// <remarks>WDK: ExAcquireSpinLockSharedAtDpcLevel.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static void ExAcquireSpinLockSharedAtDpcLevel(int* spinLock)
    {
        if (*spinLock < 0)
            FailReaderWriter(
                BugCheckCodes.SPIN_LOCK_ALREADY_OWNED, spinLock, "is held by a writer and can never be got");
        ++*spinLock;
    }

    /// <summary>Releases a reader/writer spin lock held as reader.</summary>
    /// <remarks>WDK: ExReleaseSpinLockShared.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static void ExReleaseSpinLockShared(int* spinLock, KIRQL oldIrql)
    {
        ExReleaseSpinLockSharedFromDpcLevel(spinLock);
        LowerTo(oldIrql);
    }

    /// <inheritdoc cref="ExReleaseSpinLockShared"/>
    /// <remarks>WDK: ExReleaseSpinLockSharedFromDpcLevel.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static void ExReleaseSpinLockSharedFromDpcLevel(int* spinLock)
    {
        if (*spinLock <= 0)
            FailReaderWriter(BugCheckCodes.SPIN_LOCK_NOT_OWNED, spinLock, "was released, but no reader holds it");
        --*spinLock;
    }

    /// <summary>Turns the only reader into the writer; zero if there are other readers.</summary>
    /// <remarks>WDK: ExTryConvertSharedSpinLockExclusive.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static uint ExTryConvertSharedSpinLockExclusive(int* spinLock)
    {
        if (*spinLock != 1)
            return 0;
        *spinLock = SpinLockWriter;
        return 1;
    }

    /// <summary>Acquires a reader/writer spin lock as writer if it is free; zero if it is not.</summary>
    /// <remarks>WDK: ExTryAcquireSpinLockExclusiveAtDpcLevel.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static uint ExTryAcquireSpinLockExclusiveAtDpcLevel(int* spinLock)
    {
        if (*spinLock != 0)
            return 0;
        *spinLock = SpinLockWriter;
        return 1;
    }

    /// <summary>Acquires a reader/writer spin lock as reader if no writer has it; zero if one has.</summary>
    /// <remarks>WDK: ExTryAcquireSpinLockSharedAtDpcLevel.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static uint ExTryAcquireSpinLockSharedAtDpcLevel(int* spinLock)
    {
        if (*spinLock < 0)
            return 0;
        ++*spinLock;
        return 1;
    }

    private static void FailReaderWriter(uint code, int* spinLock, string what) =>
        NtKernel.Current.BugCheck(
            code, (ulong)spinLock, 0, 0, 0, $"the reader/writer spin lock at 0x{(ulong)spinLock:x} {what}");
}
