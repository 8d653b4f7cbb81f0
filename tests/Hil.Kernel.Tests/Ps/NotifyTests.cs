namespace Hil.Kernel.Tests.Ps;

public sealed unsafe class NotifyTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly List<string> _log = [];

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ThreadsAreAnnouncedFromBeginToEnd(bool terminates)
    {
        void* id = null;
        _machine.Run(() =>
        {
            DriverRoutine routine = Note();
            Assert.Equal(STATUS_SUCCESS, PsSetCreateThreadNotifyRoutine(routine));
            void** handle = (void**)_machine.New<nint>();
            CLIENT_ID* client = _machine.New<CLIENT_ID>();
            DriverRoutine body = _machine.Routine(() =>
            {
                _log.Add("runs");
                if (terminates)
                    PsTerminateSystemThread(STATUS_SUCCESS);
            });
            PsCreateSystemThread(handle, 0, null, null, client, body, null);
            id = client->UniqueThread;
            TestMachine.Settle();
            ZwClose(*handle);
            Assert.Equal(STATUS_SUCCESS, PsRemoveCreateThreadNotifyRoutine(routine));
            Assert.Equal(STATUS_PROCEDURE_NOT_FOUND, PsRemoveCreateThreadNotifyRoutine(routine));
        });

        Assert.Equal([$"4 {(ulong)id} 1 at 0", "runs", $"4 {(ulong)id} 0 at 0"], _log);
    }

    [Fact]
    public void ThereIsRoomForSixtyFourThreadRoutines() => _machine.Run(() =>
    {
        DriverRoutine routine = Note();
        for (int i = 0; i < 64; i++)
            Assert.Equal(STATUS_SUCCESS, PsSetCreateThreadNotifyRoutine(routine));
        Assert.Equal(STATUS_INSUFFICIENT_RESOURCES, PsSetCreateThreadNotifyRoutine(routine));
    });

    [Fact]
    public void ProcessRoutineIsRegisteredOnce() => _machine.Run(() =>
    {
        DriverRoutine routine = Note();
        Assert.Equal(STATUS_INVALID_PARAMETER, PsSetCreateProcessNotifyRoutineEx(routine, true));
        Assert.Equal(STATUS_SUCCESS, PsSetCreateProcessNotifyRoutineEx(routine, false));
        Assert.Equal(STATUS_INVALID_PARAMETER, PsSetCreateProcessNotifyRoutineEx(routine, false));
        Assert.Equal(STATUS_SUCCESS, PsSetCreateProcessNotifyRoutineEx(routine, true));
    });

    [Fact]
    public void ProcessAndThreadTellOfThemselves() => _machine.Run(() =>
    {
        Assert.Equal(4ul, (ulong)PsGetThreadProcessId(KeGetCurrentThread()));
        long created = PsGetProcessCreateTimeQuadPart(PsGetCurrentProcess());
        long now;
        KeQuerySystemTime(&now);
        Assert.InRange(created, 1, now);
        Assert.Equal(created, PsGetProcessCreateTimeQuadPart(PsGetCurrentProcess()));
        Assert.False(PsSetCurrentThreadPrefetching(true));
        Assert.True(PsIsCurrentThreadPrefetching());
        Assert.True(PsSetCurrentThreadPrefetching(false));
    });

    private DriverRoutine Note() => _machine.Routine((process, thread, create, _) =>
    {
        _log.Add($"{process} {thread} {create & 0xFF} at {KeGetCurrentIrql().Value}");
        return 0;
    });
}
