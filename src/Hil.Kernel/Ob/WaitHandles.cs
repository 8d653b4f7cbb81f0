namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Waits for the object of a handle: an event, a thread, a file.</summary>
    /// <param name="timeout">100 ns units, negative for relative; null waits for ever.</param>
    /// <returns>STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwWaitForSingleObject.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwWaitForSingleObject(void* handle, BOOLEAN alertable, long* timeout)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        NTSTATUS status = WaitableOf(handle, out KernelObject? target, out void* waitable);
        if (!status.IsSuccess)
            return status;
        objects.Reference(target!);
        status = KeWaitForSingleObject(
            waitable, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, alertable, timeout);
        objects.Dereference(target!);
        return status;
    }

    /// <summary>Waits for one or all of the objects of several handles.</summary>
    /// <param name="handleCount">1 to 64.</param>
    /// <param name="timeout">100 ns units, negative for relative; null waits for ever.</param>
    /// <returns>STATUS_WAIT_0 + index (any), STATUS_SUCCESS (all), STATUS_TIMEOUT, STATUS_ABANDONED_WAIT_0 + index,
    /// STATUS_INVALID_PARAMETER_1 for the count, STATUS_INVALID_PARAMETER_3 for the type of wait,
    /// STATUS_INVALID_PARAMETER_MIX for a wait for all of which two are the same, STATUS_INVALID_HANDLE,
    /// STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: none; ntifs.h of some kits declares it. Win32: WaitForMultipleObjects.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwWaitForMultipleObjects(
        uint handleCount, void** handles, WAIT_TYPE waitType, BOOLEAN alertable, long* timeout)
    {
        if (handleCount is 0 or > MAXIMUM_WAIT_OBJECTS)
            return STATUS_INVALID_PARAMETER_1;
        if (waitType is not (WAIT_TYPE.WaitAll or WAIT_TYPE.WaitAny))
            return STATUS_INVALID_PARAMETER_3;
        DriverMemory.RequireReadable(handles, handleCount * sizeof(ulong), nameof(ZwWaitForMultipleObjects));
        var targets = new KernelObject[handleCount];
        void** waitables = stackalloc void*[(int)handleCount];
        for (uint i = 0; i < handleCount; i++)
        {
            NTSTATUS found = WaitableOf(handles[i], out KernelObject? target, out waitables[i]);
            if (!found.IsSuccess)
                return found;
            targets[i] = target!;
        }
        if (waitType == WAIT_TYPE.WaitAll && targets.Distinct().Count() != targets.Length)
            return STATUS_INVALID_PARAMETER_MIX;
        foreach (KernelObject target in targets)
            NtKernel.Current.Objects.Reference(target);
        NTSTATUS status = WaitForObjects(
            handleCount, waitables, waitType, KPROCESSOR_MODE.KernelMode, alertable, timeout);
        foreach (KernelObject target in targets)
            NtKernel.Current.Objects.Dereference(target);
        return status;
    }

    private static NTSTATUS WaitableOf(void* handle, out KernelObject? target, out void* waitable)
    {
        waitable = null;
        target = NtKernel.Current.Objects.Handles.Find((ulong)handle);
        if (target == null)
            return STATUS_INVALID_HANDLE;
        waitable = target.Type switch
        {
            ObjectType.File => &((FILE_OBJECT*)target.Address)->Event,
            ObjectType.Event or ObjectType.Thread or ObjectType.Semaphore or ObjectType.Mutant or ObjectType.Timer
                or ObjectType.Process => (void*)target.Address,
            _ => null,
        };
        return waitable == null ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_SUCCESS;
    }
}
