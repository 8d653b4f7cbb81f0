namespace Hil.Kernel.Tests.Ke;

public sealed unsafe class IrqlTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void RaiseReturnsTheOldLevelAndLowerRestoresIt() => _machine.Run(() =>
    {
        KIRQL old = KfRaiseIrql(DISPATCH_LEVEL);
        Assert.Equal<KIRQL>(PASSIVE_LEVEL, old);
        Assert.Equal<KIRQL>(DISPATCH_LEVEL, KeGetCurrentIrql());

        KeLowerIrql(old);
        Assert.Equal<KIRQL>(PASSIVE_LEVEL, KeGetCurrentIrql());
    });

    [Fact]
    public void RaisingToALowerLevelIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            KfRaiseIrql(DISPATCH_LEVEL);
            KfRaiseIrql(APC_LEVEL);
        });

        Assert.Equal(BugCheckCodes.IRQL_NOT_GREATER_OR_EQUAL, report.Code);
        Assert.Equal<KIRQL>(DISPATCH_LEVEL, (byte)report.Parameter1);
    }

    [Fact]
    public void LoweringToAHigherLevelIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() => KeLowerIrql(DISPATCH_LEVEL));

        Assert.Equal(BugCheckCodes.IRQL_NOT_LESS_OR_EQUAL, report.Code);
    }

    [Fact]
    public void LoweringRunsWhatWaited() => _machine.Run(() =>
    {
        bool ran = false;
        KDPC* dpc = _machine.New<KDPC>();
        KeInitializeDpc(dpc, _machine.Routine(() => ran = true), null);
        KIRQL old = KeRaiseIrqlToDpcLevel();
        KeInsertQueueDpc(dpc, null, null);
        Assert.False(ran);

        KeLowerIrql(old);

        Assert.True(ran);
    });
}
