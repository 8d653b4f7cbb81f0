namespace Hil.Kernel.Tests.Ke;

public sealed unsafe class DeviceQueueTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly KDEVICE_QUEUE* _queue;
    private readonly KDEVICE_QUEUE_ENTRY* _entries;

    public DeviceQueueTests()
    {
        _queue = _machine.New<KDEVICE_QUEUE>();
        _entries = (KDEVICE_QUEUE_ENTRY*)_machine.Kernel.Pages.Allocate(PAGE_SIZE, PageAccess.ReadWrite);
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void FirstEntryMakesTheQueueBusyAndIsNotQueued() => AtDispatchLevel(() =>
    {
        Assert.False(KeInsertDeviceQueue(_queue, &_entries[0]));
        Assert.True(_queue->Busy);
        Assert.False(_entries[0].Inserted);
        Assert.True(KeInsertDeviceQueue(_queue, &_entries[1]));
        Assert.True(_entries[1].Inserted);
    });

    [Fact]
    public void RemovingFromAnEmptyBusyQueueMakesItIdle() => AtDispatchLevel(() =>
    {
        KeInsertDeviceQueue(_queue, &_entries[0]);

        Assert.True(KeRemoveDeviceQueue(_queue) == null);
        Assert.False(_queue->Busy);
    });

    [Fact]
    public void EntriesLeaveInOrderOfKeyAndEqualKeysInOrderOfArrival() => AtDispatchLevel(() =>
    {
        KeInsertDeviceQueue(_queue, &_entries[0]);
        uint[] keys = [30, 10, 20, 10];
        for (int i = 0; i < keys.Length; i++)
            KeInsertByKeyDeviceQueue(_queue, &_entries[i + 1], keys[i]);

        Assert.Equal([2L, 4, 3, 1], TakeAll());
    });

    [Fact]
    public void RemovingByKeyTakesTheFirstAtOrAboveElseTheHead() => AtDispatchLevel(() =>
    {
        KeInsertDeviceQueue(_queue, &_entries[0]);
        for (int i = 1; i <= 3; i++)
            KeInsertByKeyDeviceQueue(_queue, &_entries[i], (uint)i * 10);

        Assert.Equal(2, KeRemoveByKeyDeviceQueue(_queue, 15) - _entries);
        Assert.Equal(1, KeRemoveByKeyDeviceQueue(_queue, 99) - _entries);
        Assert.Equal(3, KeRemoveByKeyDeviceQueueIfBusy(_queue, 0) - _entries);
    });

    [Fact]
    public void EntryCanBeTakenOutOfTheMiddle() => AtDispatchLevel(() =>
    {
        for (int i = 0; i < 4; i++)
            KeInsertDeviceQueue(_queue, &_entries[i]);

        Assert.True(KeRemoveEntryDeviceQueue(_queue, &_entries[2]));
        Assert.False(KeRemoveEntryDeviceQueue(_queue, &_entries[2]));
        Assert.Equal([1L, 3], TakeAll());
    });

    [Fact]
    public void RemovingFromAQueueThatIsNotBusyIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            KeInitializeDeviceQueue(_queue);
            KeRaiseIrqlToDpcLevel();
            KeRemoveDeviceQueue(_queue);
        });

        Assert.Equal(BugCheckCodes.DEVICE_QUEUE_NOT_BUSY, report.Code);
    }

    private List<long> TakeAll()
    {
        List<long> taken = [];
        while (KeRemoveDeviceQueue(_queue) is var entry && entry != null)
            taken.Add(entry - _entries);
        return taken;
    }

    private void AtDispatchLevel(Action work) => _machine.Run(() =>
    {
        KeInitializeDeviceQueue(_queue);
        KIRQL old = KeRaiseIrqlToDpcLevel();
        work();
        KeLowerIrql(old);
    });
}
