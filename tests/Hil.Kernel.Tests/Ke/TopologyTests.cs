namespace Hil.Kernel.Tests.Ke;

public sealed unsafe class TopologyTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void RelationshipsAreChainedBySize() => _machine.Run(() =>
    {
        var first = (SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX*)_machine.New<long>();
        uint length = 0;
        Assert.Equal(STATUS_INFO_LENGTH_MISMATCH, Query(LOGICAL_PROCESSOR_RELATIONSHIP.RelationAll, null, &length));
        Assert.Equal(48u + 48 + 48 + 80, length);
        Assert.Equal(STATUS_SUCCESS, Query(LOGICAL_PROCESSOR_RELATIONSHIP.RelationAll, first, &length));

        var kinds = new List<LOGICAL_PROCESSOR_RELATIONSHIP>();
        SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX* last = first;
        for (uint at = 0; at < length; at += last->Size)
        {
            last = (SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX*)((byte*)first + at);
            kinds.Add(last->Relationship);
        }

        Assert.Equal(
            [
                LOGICAL_PROCESSOR_RELATIONSHIP.RelationProcessorCore, LOGICAL_PROCESSOR_RELATIONSHIP.RelationNumaNode,
                LOGICAL_PROCESSOR_RELATIONSHIP.RelationProcessorPackage, LOGICAL_PROCESSOR_RELATIONSHIP.RelationGroup,
            ],
            kinds);
        Assert.Equal((nuint)1, first->Processor.GroupMask.Mask);
        Assert.Equal(1, last->Group.GroupInfo.ActiveProcessorCount);
    });

    [Fact]
    public void ThereAreNoCaches() => _machine.Run(() =>
    {
        uint length = 100;
        Assert.Equal(STATUS_SUCCESS, Query(LOGICAL_PROCESSOR_RELATIONSHIP.RelationCache, null, &length));
        Assert.Equal(0u, length);
    });

    [Fact]
    public void UnknownRelationshipAndProcessorAreRefused() => _machine.Run(() =>
    {
        PROCESSOR_NUMBER* other = _machine.New<PROCESSOR_NUMBER>();
        other->Number = 1;
        uint length = 100;

        Assert.Equal(STATUS_INVALID_PARAMETER, Query((LOGICAL_PROCESSOR_RELATIONSHIP)5, null, &length));
        NTSTATUS status = KeQueryLogicalProcessorRelationship(
            other, LOGICAL_PROCESSOR_RELATIONSHIP.RelationAll, null, &length);
        Assert.Equal(STATUS_INVALID_PARAMETER, status);
    });

    [Theory]
    [InlineData(false, "0x0 1x0")]
    [InlineData(true, "0x0 2xC0000001")]
    public void CallbackHearsOfTheProcessorThatThereIs(bool refuses, string expected) => _machine.Run(() =>
    {
        var heard = new List<string>();
        DriverRoutine routine = _machine.Routine((context, change, status, _) =>
        {
            var notified = (KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT*)change;
            Assert.Equal(42ul, context);
            heard.Add($"{(int)notified->State}x{(uint)notified->Status.Value:X}");
            if (refuses)
                *(NTSTATUS*)status = STATUS_UNSUCCESSFUL;
            return 0;
        });

        void* handle = KeRegisterProcessorChangeCallback(routine, (void*)42, 1);

        Assert.Equal(expected, string.Join(' ', heard));
        Assert.Equal(refuses, handle == null);
        if (handle != null)
            KeDeregisterProcessorChangeCallback(handle);
        Assert.Empty(_machine.Kernel.ProcessorCallbacks);
    });

    private static NTSTATUS Query(
        LOGICAL_PROCESSOR_RELATIONSHIP kind, SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX* buffer, uint* length) =>
        KeQueryLogicalProcessorRelationship(null, kind, buffer, length);
}
