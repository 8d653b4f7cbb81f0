namespace Hil.Kernel;

// A mutex's SignalState is 1 when free and counts down with each acquisition by its owner. Its owner runs with normal
// kernel APCs disabled, as in a critical region. Which mutexes a thread owns is known to the host, because a thread
// that ends with one is a bug check.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Initialises a mutex, not owned.</summary>
    /// <remarks>WDK: KeInitializeMutex. Level is reserved.</remarks>
    [Export]
    public static void KeInitializeMutex(KMUTANT* mutex, uint level) => InitializeMutant(mutex, apcDisable: 1);

    /// <summary>Initialises a mutant, which unlike a mutex leaves APCs enabled.</summary>
    [Export]
    public static void KeInitializeMutant(KMUTANT* mutant, BOOLEAN initialOwner)
    {
        InitializeMutant(mutant, apcDisable: 0);
        if (initialOwner)
            TakeMutant(NtKernel.Current.Scheduler.CurrentThread, mutant);
    }

    /// <summary>Releases a mutex once; returns zero when it is free now.</summary>
    /// <remarks>WDK: KeReleaseMutex. A thread that does not own it gets STATUS_MUTANT_NOT_OWNED raised.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KeReleaseMutex(KMUTANT* mutex, BOOLEAN wait) => KeReleaseMutant(mutex, 1, false, wait);

    /// <summary>Releases a mutant, or declares it abandoned; returns its signal state before.</summary>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KeReleaseMutant(KMUTANT* mutant, int increment, BOOLEAN abandoned, BOOLEAN wait)
    {
        RequireMutant(mutant);
        Scheduler scheduler = NtKernel.Current.Scheduler;
        KernelThread thread = scheduler.CurrentThread;
        int before = mutant->Header.SignalState;
        if (mutant->OwnerThread != thread.Block && !abandoned)
            throw new GuestRaiseException(STATUS_MUTANT_NOT_OWNED);
        if (abandoned)
            mutant->Abandoned = true;
        mutant->Header.SignalState = abandoned ? 1 : before + 1;
        if (mutant->Header.SignalState == 1)
            FreeMutant(scheduler, thread, mutant, increment);
        if (!wait)
        {
            scheduler.DeliverApcs();
            scheduler.PreemptionPoint();
        }
        return before;
    }

    /// <summary>One when a mutex is free.</summary>
    /// <remarks>WDK: KeReadStateMutex.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KeReadStateMutex(KMUTANT* mutex) => mutex->Header.SignalState;

    /// <inheritdoc cref="KeReadStateMutex"/>
    /// <remarks>WDK: KeReadStateMutant.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KeReadStateMutant(KMUTANT* mutant) => KeReadStateMutex(mutant);

    /// <summary>Gives a mutex to a thread; true if its last owner left it behind.</summary>
    internal static bool TakeMutant(KernelThread thread, KMUTANT* mutant)
    {
        if (mutant->Header.SignalState == int.MinValue)
            throw new GuestRaiseException(STATUS_MUTANT_LIMIT_EXCEEDED);
        if (--mutant->Header.SignalState != 0)
            return false;
        mutant->OwnerThread = thread.Block;
        thread.OwnedMutants.Add((nint)mutant);
        thread.KernelApcDisable -= mutant->ApcDisable;
        bool abandoned = mutant->Abandoned;
        mutant->Abandoned = false;
        return abandoned;
    }

    private static void FreeMutant(Scheduler scheduler, KernelThread thread, KMUTANT* mutant, int increment)
    {
        mutant->OwnerThread = null;
        if (thread.OwnedMutants.Remove((nint)mutant))
            thread.KernelApcDisable += mutant->ApcDisable;
        scheduler.Signal(&mutant->Header, increment);
    }

    private static void InitializeMutant(KMUTANT* mutant, byte apcDisable)
    {
        InitializeHeader(&mutant->Header, KOBJECTS.MutantObject, sizeof(KMUTANT), 1);
        InitializeListHead(&mutant->MutantListEntry);
        mutant->OwnerThread = null;
        mutant->Abandoned = false;
        mutant->ApcDisable = apcDisable;
    }

    private static void RequireMutant(KMUTANT* mutant)
    {
        if (mutant->Header.Type != (byte)KOBJECTS.MutantObject)
            FailWrongObject(&mutant->Header, "a mutex");
    }
}
