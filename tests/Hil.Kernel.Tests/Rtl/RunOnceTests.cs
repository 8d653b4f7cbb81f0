namespace Hil.Kernel.Tests.Rtl;

public sealed unsafe class RunOnceTests : IDisposable
{
    private const uint CheckOnly = 1;
    private const uint Async = 2;
    private const uint InitFailed = 4;

    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void RoutineRunsOnceAndOthersWaitForItsData() => _machine.Run(() =>
    {
        RTL_RUN_ONCE* once = NewRunOnce();
        int calls = 0;
        DriverRoutine routine = _machine.Routine((_, parameter, context, _) =>
        {
            calls++;
            ZwYieldExecution(); // The others come meanwhile.
            *(ulong*)context = parameter;
            return 1;
        });
        var found = new List<ulong>();
        for (int i = 0; i < 3; i++)
            _machine.StartThread(() =>
            {
                void** context = (void**)_machine.New<nint>();
                Assert.Equal(STATUS_SUCCESS, RtlRunOnceExecuteOnce(once, routine, (void*)0x40, context));
                found.Add((ulong)*context);
            });
        TestMachine.Settle();

        Assert.Equal(1, calls);
        Assert.Equal([0x40, 0x40, 0x40], found);
    });

    [Fact]
    public void FailedRoutineIsTriedAgain() => _machine.Run(() =>
    {
        RTL_RUN_ONCE* once = NewRunOnce();
        ulong result = 0;
        DriverRoutine routine = _machine.Routine((_, _, _, _) => result);

        Assert.Equal(STATUS_UNSUCCESSFUL, RtlRunOnceExecuteOnce(once, routine, null, null));
        Assert.Equal(STATUS_UNSUCCESSFUL, RtlRunOnceBeginInitialize(once, CheckOnly, null));
        result = 1;
        Assert.Equal(STATUS_SUCCESS, RtlRunOnceExecuteOnce(once, routine, null, null));
        Assert.Equal(STATUS_SUCCESS, RtlRunOnceBeginInitialize(once, CheckOnly, null));
    });

    [Fact]
    public void InParallelTheFirstToCompleteWins() => _machine.Run(() =>
    {
        RTL_RUN_ONCE* once = NewRunOnce();
        void** context = (void**)_machine.New<nint>();

        Assert.Equal(STATUS_PENDING, RtlRunOnceBeginInitialize(once, Async, null));
        Assert.Equal(STATUS_PENDING, RtlRunOnceBeginInitialize(once, Async, null));
        Assert.Equal(STATUS_INVALID_PARAMETER_2, RtlRunOnceBeginInitialize(once, 0, null));
        Assert.Equal(STATUS_INVALID_PARAMETER_2, RtlRunOnceComplete(once, 0, null));
        Assert.Equal(STATUS_SUCCESS, RtlRunOnceComplete(once, Async, (void*)0x80));
        Assert.Equal(STATUS_UNSUCCESSFUL, RtlRunOnceComplete(once, Async, (void*)0x90));
        Assert.Equal(STATUS_SUCCESS, RtlRunOnceBeginInitialize(once, Async, context));
        Assert.Equal(0x80u, (nuint)(*context));
    });

    [Fact]
    public void CompletionNeedsABeginningAndAlignedData() => _machine.Run(() =>
    {
        RTL_RUN_ONCE* once = NewRunOnce();

        Assert.Equal(STATUS_UNSUCCESSFUL, RtlRunOnceComplete(once, 0, null));
        Assert.Equal(STATUS_PENDING, RtlRunOnceBeginInitialize(once, 0, null));
        Assert.Equal(STATUS_UNSUCCESSFUL, RtlRunOnceComplete(once, 0, (void*)0x81));
        Assert.Equal(STATUS_INVALID_PARAMETER_2, RtlRunOnceComplete(once, Async | InitFailed, null));
        Assert.Equal(STATUS_SUCCESS, RtlRunOnceComplete(once, InitFailed, null));
        Assert.Equal(STATUS_PENDING, RtlRunOnceBeginInitialize(once, 0, null));
    });

    private RTL_RUN_ONCE* NewRunOnce()
    {
        RTL_RUN_ONCE* once = _machine.New<RTL_RUN_ONCE>();
        RtlRunOnceInitialize(once);
        return once;
    }
}
