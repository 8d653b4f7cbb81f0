namespace Hil.Kernel;

// A controller object serialises several devices that share one piece of hardware: each waits for it with the wait
// block in its device object. What comes next in the queue is run when the one before it gives the controller back.

public static unsafe partial class Ntoskrnl
{
    private const uint ControllerTag = 0x6C_72_74_43; // Ctrl

    /// <summary>Creates a controller object.</summary>
    /// <param name="size">Of the extension, in bytes.</param>
    /// <returns>Null when there is no memory.</returns>
    /// <remarks>WDK: IoCreateController.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static CONTROLLER_OBJECT* IoCreateController(uint size)
    {
        var controller = (CONTROLLER_OBJECT*)NtKernel.Current.Pool.Allocate(
            (nuint)sizeof(CONTROLLER_OBJECT) + size, ControllerTag, zero: true);
        if (controller == null)
            return null;
        controller->Type = IO_TYPE_CONTROLLER;
        controller->Size = (short)Math.Min((uint)sizeof(CONTROLLER_OBJECT) + size, (uint)short.MaxValue);
        controller->ControllerExtension = controller + 1;
        KeInitializeDeviceQueue(&controller->DeviceWaitQueue);
        return controller;
    }

    /// <summary>Deletes a controller object that no device uses.</summary>
    /// <remarks>WDK: IoDeleteController.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void IoDeleteController(CONTROLLER_OBJECT* controllerObject) =>
        NtKernel.Current.Pool.Free(controllerObject);

    /// <summary>Calls a routine when the controller is free: now or later.</summary>
    /// <remarks>WDK: IoAllocateController. The routine keeps the controller or gives it back by its result.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static void IoAllocateController(
        CONTROLLER_OBJECT* controllerObject, DEVICE_OBJECT* deviceObject, DriverRoutine executionRoutine, void* context)
    {
        WAIT_CONTEXT_BLOCK* wait = &deviceObject->Queue.Wcb;
        wait->DeviceRoutine = executionRoutine;
        wait->DeviceContext = context;
        wait->DeviceObject = deviceObject;
        wait->CurrentIrp = deviceObject->CurrentIrp;
        if (!KeInsertDeviceQueue(&controllerObject->DeviceWaitQueue, &wait->WaitQueueEntry) && !Keeps(wait))
            IoFreeController(controllerObject);
    }

    /// <summary>Gives the controller back; the next device's routine is called.</summary>
    /// <remarks>WDK: IoFreeController.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static void IoFreeController(CONTROLLER_OBJECT* controllerObject)
    {
        // WaitQueueEntry is the first field of the wait block.
        WAIT_CONTEXT_BLOCK* next;
        do
            next = (WAIT_CONTEXT_BLOCK*)KeRemoveDeviceQueue(&controllerObject->DeviceWaitQueue);
        while (next != null && !Keeps(next));
    }

    private static bool Keeps(WAIT_CONTEXT_BLOCK* wait)
    {
        ulong action = Processor.Current.Call(
            wait->DeviceRoutine, wait->DeviceObject, wait->CurrentIrp, null, wait->DeviceContext);
        return (IO_ALLOCATION_ACTION)(uint)action == IO_ALLOCATION_ACTION.KeepObject;
    }
}
