namespace Hil.Kernel;

// There is one processor. A spin lock that is held when somebody wants it can therefore never be got: its holder is the
// code that asks, or code that this code has cut into. Windows would hang; here it is a bug check at once. The lock
// word is 0 when free and 1 when held, in all forms, host's and guest's.

public static unsafe partial class Ntoskrnl
{
    private const nuint SpinLockFree = 0;
    private const nuint SpinLockHeld = 1;

    /// <summary>Makes a spin lock free.</summary>
    /// <remarks>WDK: KeInitializeSpinLock.</remarks>
    [Export]
    public static void KeInitializeSpinLock(KSPIN_LOCK* spinLock) => spinLock->Value = SpinLockFree;

    /// <summary>Acquires a spin lock and raises IRQL to DISPATCH_LEVEL.</summary>
    /// <remarks>WDK: KeAcquireSpinLock.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void KeAcquireSpinLock(KSPIN_LOCK* spinLock, KIRQL* oldIrql) =>
        *oldIrql = KeAcquireSpinLockRaiseToDpc(spinLock);

    /// <summary>Acquires a spin lock at DISPATCH_LEVEL; returns the IRQL from before.</summary>
    /// <remarks>WDK: KeAcquireSpinLockRaiseToDpc.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static KIRQL KeAcquireSpinLockRaiseToDpc(KSPIN_LOCK* spinLock)
    {
        KIRQL old = RaiseTo(DISPATCH_LEVEL);
        Hold(spinLock);
        return old;
    }

    /// <inheritdoc cref="KeAcquireSpinLockRaiseToDpc"/>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static KIRQL KfAcquireSpinLock(KSPIN_LOCK* spinLock) => KeAcquireSpinLockRaiseToDpc(spinLock);

    /// <summary>As KeAcquireSpinLockRaiseToDpc at SYNCH_LEVEL.</summary>
    [Export(MaxIrql = SYNCH_LEVEL)]
    public static KIRQL KeAcquireSpinLockRaiseToSynch(KSPIN_LOCK* spinLock)
    {
        KIRQL old = RaiseTo(SYNCH_LEVEL);
        Hold(spinLock);
        return old;
    }

    /// <summary>Releases a spin lock and returns to the IRQL from before.</summary>
    /// <remarks>WDK: KeReleaseSpinLock.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static void KeReleaseSpinLock(KSPIN_LOCK* spinLock, KIRQL newIrql)
    {
        Release(spinLock);
        LowerTo(newIrql);
    }

    /// <inheritdoc cref="KeReleaseSpinLock"/>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static void KfReleaseSpinLock(KSPIN_LOCK* spinLock, KIRQL newIrql) => KeReleaseSpinLock(spinLock, newIrql);

    /// <summary>Acquires a spin lock; the caller is at DISPATCH_LEVEL or above already.</summary>
    /// <remarks>WDK: KeAcquireSpinLockAtDpcLevel.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static void KeAcquireSpinLockAtDpcLevel(KSPIN_LOCK* spinLock) => Hold(spinLock);

    /// <summary>Releases a spin lock and leaves IRQL alone.</summary>
    /// <remarks>WDK: KeReleaseSpinLockFromDpcLevel.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static void KeReleaseSpinLockFromDpcLevel(KSPIN_LOCK* spinLock) => Release(spinLock);

    /// <summary>Acquires a spin lock in a DPC, threaded or not; returns what KeReleaseSpinLockForDpc needs.</summary>
    /// <remarks>WDK: KeAcquireSpinLockForDpc.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static KIRQL KeAcquireSpinLockForDpc(KSPIN_LOCK* spinLock) => KeAcquireSpinLockRaiseToDpc(spinLock);

    /// <summary>Undoes KeAcquireSpinLockForDpc.</summary>
    /// <remarks>WDK: KeReleaseSpinLockForDpc.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static void KeReleaseSpinLockForDpc(KSPIN_LOCK* spinLock, KIRQL oldIrql) =>
        KeReleaseSpinLock(spinLock, oldIrql);

    /// <summary>Acquires a spin lock if it is free.</summary>
    /// <remarks>WDK: KeTryToAcquireSpinLockAtDpcLevel.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(KSPIN_LOCK* spinLock)
    {
        if (spinLock->Value != SpinLockFree)
            return false;
        spinLock->Value = SpinLockHeld;
        return true;
    }

    /// <summary>TRUE if a spin lock is free.</summary>
    /// <remarks>WDK: KeTestSpinLock.</remarks>
    [Export]
    public static BOOLEAN KeTestSpinLock(KSPIN_LOCK* spinLock) => spinLock->Value == SpinLockFree;

    /// <summary>Takes a spin lock's word; one that is held already can never be got.</summary>
    internal static void Hold(KSPIN_LOCK* spinLock)
    {
        if (spinLock->Value != SpinLockFree)
            FailHeld(spinLock);
        spinLock->Value = SpinLockHeld;
    }

    /// <summary>Frees a spin lock's word; one that is free already was released twice or never acquired.</summary>
    internal static void Release(KSPIN_LOCK* spinLock)
    {
        if (spinLock->Value == SpinLockFree)
            FailFree(spinLock);
        spinLock->Value = SpinLockFree;
    }

    private static void FailHeld(KSPIN_LOCK* spinLock) =>
        NtKernel.Current.BugCheck(
            BugCheckCodes.SPIN_LOCK_ALREADY_OWNED, (ulong)spinLock, 0, 0, 0,
            spinLock->Value == SpinLockHeld
                ? $"the spin lock at 0x{(ulong)spinLock:x} is held already; on this one processor it can never be got"
                : $"the spin lock at 0x{(ulong)spinLock:x} was never initialised: it holds 0x{spinLock->Value:x}");

    private static void FailFree(KSPIN_LOCK* spinLock) =>
        NtKernel.Current.BugCheck(
            BugCheckCodes.SPIN_LOCK_NOT_OWNED, (ulong)spinLock, 0, 0, 0,
            $"the spin lock at 0x{(ulong)spinLock:x} was released, but nobody holds it");
}
