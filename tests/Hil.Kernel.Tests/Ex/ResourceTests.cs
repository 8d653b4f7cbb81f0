namespace Hil.Kernel.Tests.Ex;

public sealed unsafe class ResourceTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly ERESOURCE* _resource;
    private readonly List<string> _log = [];

    public ResourceTests()
    {
        _resource = _machine.New<ERESOURCE>();
        _machine.Run(() => ExInitializeResourceLite(_resource));
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void ReadersShare() => _machine.Run(() =>
    {
        Assert.True(ExAcquireResourceSharedLite(_resource, false));
        StartReader("reader");
        TestMachine.Settle();

        Assert.Equal(["reader in", "reader out"], _log);
        ExReleaseResourceLite(_resource);
    });

    [Fact]
    public void WriterKeepsOthersOut() => _machine.Run(() =>
    {
        Assert.True(ExAcquireResourceExclusiveLite(_resource, false));
        Assert.True(ExAcquireResourceExclusiveLite(_resource, false));
        StartReader("reader");
        StartWriter("writer");
        TestMachine.Settle();
        Assert.Empty(_log);
        Assert.Equal(1u, ExGetSharedWaiterCount(_resource));
        Assert.Equal(1u, ExGetExclusiveWaiterCount(_resource));

        ExReleaseResourceLite(_resource);
        TestMachine.Settle();
        Assert.Empty(_log);

        ExReleaseResourceLite(_resource);
        TestMachine.Settle();
        Assert.Equal(["reader in", "reader out", "writer in", "writer out"], _log);
    });

    [Fact]
    public void ReaderWaitsBehindAWaitingWriterUnlessItStarvesIt() => _machine.Run(() =>
    {
        ExAcquireResourceSharedLite(_resource, true);
        StartWriter("writer");
        TestMachine.Settle();
        bool behind = true;
        bool past = false;
        _machine.StartThread(() =>
        {
            behind = ExAcquireResourceSharedLite(_resource, false);
            past = ExAcquireSharedStarveExclusive(_resource, false);
            ExReleaseResourceLite(_resource);
        });
        TestMachine.Settle();

        Assert.False(behind);
        Assert.True(past);
        ExReleaseResourceLite(_resource);
        TestMachine.Settle();
        Assert.Equal(["writer in", "writer out"], _log);
    });

    [Fact]
    public void ConversionLetsReadersIn() => _machine.Run(() =>
    {
        ExAcquireResourceExclusiveLite(_resource, true);
        StartReader("reader");
        TestMachine.Settle();

        ExConvertExclusiveToSharedLite(_resource);
        TestMachine.Settle();

        Assert.Equal(["reader in", "reader out"], _log);
        Assert.False(ExIsResourceAcquiredExclusiveLite(_resource));
        Assert.Equal(1u, ExIsResourceAcquiredSharedLite(_resource));
    });

    [Fact]
    public void ReleasingWhatIsNotOwnedIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() => ExReleaseResourceLite(_resource));

        Assert.Equal(BugCheckCodes.RESOURCE_NOT_OWNED, report.Code);
        Assert.Equal((ulong)_resource, report.Parameter1);
    }

    [Fact]
    public void RundownWaitsForEveryProtection() => _machine.Run(() =>
    {
        EX_RUNDOWN_REF* rundown = _machine.New<EX_RUNDOWN_REF>();
        ExInitializeRundownProtection(rundown);
        Assert.True(ExAcquireRundownProtection(rundown));
        Assert.True(ExAcquireRundownProtection(rundown));
        _machine.StartThread(() =>
        {
            ExWaitForRundownProtectionRelease(rundown);
            _log.Add("run down");
        });
        TestMachine.Settle();
        Assert.False(ExAcquireRundownProtection(rundown));

        ExReleaseRundownProtection(rundown);
        TestMachine.Settle();
        Assert.Empty(_log);

        ExReleaseRundownProtection(rundown);
        TestMachine.Settle();
        Assert.Equal(["run down"], _log);
    });

    [Fact]
    public void CallbackRoutinesAreCalledInOrderUntilUnregistered() => _machine.Run(() =>
    {
        void** callback = (void**)_machine.New<nint>();
        Assert.Equal(STATUS_SUCCESS, ExCreateCallback(callback, null, true, true));
        void* first = ExRegisterCallback(*callback, Recorder(), (void*)1);
        ExRegisterCallback(*callback, Recorder(), (void*)2);

        ExNotifyCallback(*callback, (void*)7, (void*)8);
        ExUnregisterCallback(first);
        ExNotifyCallback(*callback, (void*)9, null);

        Assert.Equal(["1 7 8", "2 7 8", "2 9 0"], _log);
    });

    [Fact]
    public void ExTimerCallsItsRoutineEachPeriod() => _machine.Run(() =>
    {
        void* timer = null;
        timer = ExAllocateTimer(_machine.Routine((self, context, _, _) =>
        {
            _log.Add($"{self == (ulong)timer} {context} {KeGetCurrentIrql()}");
            return 0;
        }), (void*)3, 0);

        ExSetTimer(timer, -10_000, 20_000, null);
        long interval = -40_000;
        KeDelayExecutionThread(KPROCESSOR_MODE.KernelMode, false, &interval);

        Assert.True(ExDeleteTimer(timer, true, true, null));
        Assert.Equal(["True 3 DISPATCH_LEVEL", "True 3 DISPATCH_LEVEL"], _log);
    });

    [Fact]
    public void PoolWithAResourceInItIsABugCheckWhenFreedUnlessTheResourceWasDeleted()
    {
        ulong pool = 0;
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            ExFreePool(AllocateResource(isDeleted: true));
            pool = (ulong)AllocateResource(isDeleted: false);
            ExFreePool((void*)pool);
        });

        Assert.Equal(BugCheckCodes.DRIVER_VERIFIER_DETECTED_VIOLATION, report.Code);
        Assert.Equal((0xD2ul, pool), (report.Parameter1, report.Parameter2));
        Assert.Equal((pool, (ulong)sizeof(ERESOURCE)), (report.Parameter3, report.Parameter4));
    }

    private static ERESOURCE* AllocateResource(bool isDeleted)
    {
        var resource = (ERESOURCE*)ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, (nuint)sizeof(ERESOURCE), 1);
        ExInitializeResourceLite(resource);
        if (isDeleted)
            ExDeleteResourceLite(resource);
        return resource;
    }

    private void StartReader(string name) =>
        Start(name, static resource => ExAcquireResourceSharedLite((ERESOURCE*)resource, true));

    private void StartWriter(string name) =>
        Start(name, static resource => ExAcquireResourceExclusiveLite((ERESOURCE*)resource, true));

    private void Start(string name, Func<nint, BOOLEAN> acquire) => _machine.StartThread(() =>
    {
        Assert.True(acquire((nint)_resource));
        _log.Add($"{name} in");
        ZwYieldExecution();
        _log.Add($"{name} out");
        ExReleaseResourceLite(_resource);
    });

    private DriverRoutine Recorder() => _machine.Routine((context, first, second, _) =>
    {
        _log.Add($"{context} {first} {second}");
        return 0;
    });
}
