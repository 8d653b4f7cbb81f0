namespace Hil.Kernel.Tests;

/// <summary>A notification event for tests that await, which code with pointers cannot.</summary>
public sealed unsafe class TestEvent
{
    private readonly KEVENT* _event;

    public TestEvent(TestMachine machine)
    {
        _event = machine.New<KEVENT>();
        machine.Run(() => KeInitializeEvent(_event, EVENT_TYPE.NotificationEvent, false));
    }

    /// <summary>Waits without a timeout; on a kernel thread.</summary>
    public int Wait() => KeWaitForSingleObject(_event, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null);

    /// <summary>Sets the event; on a kernel thread.</summary>
    public void Set() => KeSetEvent(_event, 0, false);
}
