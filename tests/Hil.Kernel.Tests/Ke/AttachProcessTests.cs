namespace Hil.Kernel.Tests.Ke;

public sealed unsafe class AttachProcessTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly KAPC_STATE* _state;

    public AttachProcessTests() => _state = _machine.New<KAPC_STATE>();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void DetachingTwiceIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            KeStackAttachProcess(PsGetCurrentProcess(), _state);
            KeUnstackDetachProcess(_state);
            KeUnstackDetachProcess(_state);
        });

        Assert.Equal(BugCheckCodes.INVALID_PROCESS_DETACH_ATTEMPT, report.Code);
    }

    [Fact]
    public void AttachingToWhatIsNoProcessIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() => KeStackAttachProcess(KeGetCurrentThread(), _state));

        Assert.Equal(BugCheckCodes.INVALID_PROCESS_ATTACH_ATTEMPT, report.Code);
    }

    [Fact]
    public void AttachingForgetfullyToWhatIsNoProcessIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() => KeAttachProcess(KeGetCurrentThread()));

        Assert.Equal(BugCheckCodes.INVALID_PROCESS_ATTACH_ATTEMPT, report.Code);
    }
}
