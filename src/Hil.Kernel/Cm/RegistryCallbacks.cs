namespace Hil.Kernel;

// Drivers that filter the registry are told of what other drivers do to keys by handle, and of the values that
// RtlWriteRegistryValue sets and RtlDeleteRegistryValue deletes. What RtlQueryRegistryValues and the kernel itself read
// passes them by. Each operation is announced from the highest altitude down until one refuses it or says that it has
// done it itself; who agreed is told of the end, in the opposite order.

/// <summary>Registry callbacks, the highest first.</summary>
internal sealed unsafe class RegistryCallbacks(NtKernel kernel)
{
    private const uint Tag = 0x62434D43; // 'CMCb'

    private readonly List<RegistryCallback> _callbacks = [];
    private long _lastCookie;

    /// <summary>Whether anybody wants to be told.</summary>
    public bool Any => _callbacks.Count != 0;

    public RegistryCallback? Find(long cookie) => _callbacks.Find(callback => callback.Cookie == cookie);

    public bool HasAltitude(decimal altitude) => _callbacks.Exists(callback => callback.Altitude == altitude);

    /// <summary>Adds a routine; 0 when memory is exhausted.</summary>
    public long Add(DriverRoutine routine, void* context, decimal altitude)
    {
        var rundown = (EX_RUNDOWN_REF*)kernel.Pool.Allocate((nuint)sizeof(EX_RUNDOWN_REF), Tag, zero: true);
        if (rundown == null)
            return 0;
        var callback = new RegistryCallback(++_lastCookie, routine, (nint)context, altitude, rundown);
        int index = _callbacks.FindIndex(other => other.Altitude < altitude);
        _callbacks.Insert(index < 0 ? _callbacks.Count : index, callback);
        return callback.Cookie;
    }

    /// <summary>Takes a routine back when it does not run any more, and has it give its contexts up.</summary>
    public void Remove(RegistryCallback callback)
    {
        _callbacks.Remove(callback);
        Ntoskrnl.ExWaitForRundownProtectionRelease(callback.Rundown);
        foreach ((KernelObject key, nint context) in callback.ObjectContexts)
            CleanUp(callback, key, context);
        kernel.Pool.Free(callback.Rundown);
    }

    /// <summary>Carries an operation out as the callbacks allow.</summary>
    /// <param name="operation">The operation itself.</param>
    /// <param name="bypassed">Called in place of the operation if a callback did it; null for nothing.</param>
    /// <param name="result">The key object that came of the operation, for those told of the end; null for the
    /// target.</param>
    public NTSTATUS Run(
        in RegistryNotification what, Func<NTSTATUS> operation, Func<NTSTATUS>? bypassed = null,
        Func<KernelObject?>? result = null)
    {
        RegistryCallback[] callbacks = [.. _callbacks];
        var contexts = new nint[callbacks.Length];
        NTSTATUS status = Announce(what, callbacks, contexts, out int agreed);
        if (agreed == callbacks.Length)
            status = operation();
        else if (status.IsSuccess && bypassed != null)
            status = bypassed();
        KernelObject? target = result == null ? what.Target : result();
        return TellEnd(what, callbacks.AsSpan(0, agreed), contexts, target, status);
    }

    /// <summary>The last handle of a key object is closed: nobody can object to that.</summary>
    public void Close(KernelObject key)
    {
        if (!Any || !kernel.Objects.GiveBody(key))
            return;
        var information = (REG_KEY_HANDLE_CLOSE_INFORMATION*)kernel.Pool.Allocate(
            (nuint)sizeof(REG_KEY_HANDLE_CLOSE_INFORMATION), Tag, zero: true);
        if (information == null)
            return;
        information->Object = (void*)key.Address;
        var what = new RegistryNotification(
            REG_NOTIFY_CLASS.RegNtPreKeyHandleClose, REG_NOTIFY_CLASS.RegNtPostKeyHandleClose, key, (nint)information,
            sizeof(void*));
        RegistryCallback[] callbacks = [.. _callbacks];
        var contexts = new nint[callbacks.Length];
        for (int i = 0; i < callbacks.Length; i++)
            contexts[i] = AnnounceTo(what, callbacks[i], out _);
        TellEnd(what, callbacks, contexts, key, STATUS_SUCCESS);
        foreach (RegistryCallback callback in callbacks)
        {
            if (callback.ObjectContexts.Remove(key, out nint context))
                CleanUp(callback, key, context);
        }
        kernel.Pool.Free(information);
    }

    private NTSTATUS Announce(
        in RegistryNotification what, RegistryCallback[] callbacks, nint[] contexts, out int agreed)
    {
        for (agreed = 0; agreed < callbacks.Length; agreed++)
        {
            contexts[agreed] = AnnounceTo(what, callbacks[agreed], out NTSTATUS status);
            if (!status.IsSuccess)
                return status == STATUS_CALLBACK_BYPASS ? STATUS_SUCCESS : status;
        }
        return STATUS_SUCCESS;
    }

    private nint AnnounceTo(in RegistryNotification what, RegistryCallback callback, out NTSTATUS status)
    {
        *what.CallContext = null;
        *what.ObjectContext = (void*)callback.ObjectContexts.GetValueOrDefault(what.Target);
        status = Call(callback, what.Before, (void*)what.Information);
        return (nint)(*what.CallContext);
    }

    private NTSTATUS TellEnd(
        in RegistryNotification what, ReadOnlySpan<RegistryCallback> callbacks, nint[] contexts, KernelObject? target,
        NTSTATUS status)
    {
        if (callbacks.Length == 0)
            return status;
        var end = (REG_POST_OPERATION_INFORMATION*)kernel.Pool.Allocate(
            (nuint)sizeof(REG_POST_OPERATION_INFORMATION), Tag, zero: true);
        if (end == null)
            return status;
        bool isNamed = target != null && kernel.Objects.GiveBody(target);
        for (int i = callbacks.Length - 1; i >= 0; i--)
        {
            *end = new REG_POST_OPERATION_INFORMATION
            {
                Object = isNamed ? (void*)target!.Address : null,
                Status = status,
                PreInformation = (void*)what.Information,
                ReturnStatus = status,
                CallContext = (void*)contexts[i],
                ObjectContext = (void*)(isNamed ? callbacks[i].ObjectContexts.GetValueOrDefault(target!) : 0),
            };
            if (Call(callbacks[i], what.After, end) == STATUS_CALLBACK_BYPASS)
                status = end->ReturnStatus;
        }
        kernel.Pool.Free(end);
        return status;
    }

    private void CleanUp(RegistryCallback callback, KernelObject key, nint context)
    {
        var information = (REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION*)kernel.Pool.Allocate(
            (nuint)sizeof(REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION), Tag, zero: true);
        if (information == null)
            return;
        information->Object = (void*)key.Address;
        information->ObjectContext = (void*)context;
        kernel.Processor.Call(
            callback.Routine, (ulong)callback.Context, (ulong)REG_NOTIFY_CLASS.RegNtCallbackObjectContextCleanup,
            (ulong)information);
        kernel.Pool.Free(information);
    }

    // One that was taken back meanwhile is not called any more, and has nothing against anything.
    private NTSTATUS Call(RegistryCallback callback, REG_NOTIFY_CLASS kind, void* information)
    {
        if (!_callbacks.Contains(callback) || !Ntoskrnl.ExAcquireRundownProtection(callback.Rundown))
            return STATUS_SUCCESS;
        var status = new NTSTATUS((uint)kernel.Processor.Call(
            callback.Routine, (ulong)callback.Context, (ulong)kind, (ulong)information));
        Ntoskrnl.ExReleaseRundownProtection(callback.Rundown);
        return status;
    }
}
