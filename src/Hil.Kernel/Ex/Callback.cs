namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint CallbackTag = 0x6C6C6143; // 'Call'
    private const int CallbackBytes = 64; // Opaque to drivers.

    /// <summary>Creates or opens a callback object; the caller gets a reference.</summary>
    /// <param name="create">TRUE to create it if it does not exist.</param>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND, STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: ExCreateCallback.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS ExCreateCallback(
        void** callbackObject, OBJECT_ATTRIBUTES* objectAttributes, BOOLEAN create, BOOLEAN allowMultipleCallbacks)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        *callbackObject = null;
        string name = NameOf(objectAttributes);
        KernelObject? found = name.Length == 0 ? null : objects.Names.Find(name);
        if (found is { Type: ObjectType.Callback })
        {
            objects.Reference(found);
            *callbackObject = (void*)found.Address;
            return STATUS_SUCCESS;
        }
        if (found != null)
            return STATUS_OBJECT_TYPE_MISMATCH;
        return create ? CreateCallback(name, allowMultipleCallbacks, callbackObject) : STATUS_OBJECT_NAME_NOT_FOUND;
    }

    /// <summary>Registers a routine that is called when somebody notifies; null if the object takes only one.</summary>
    /// <returns>What ExUnregisterCallback takes.</returns>
    /// <remarks>WDK: ExRegisterCallback.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void* ExRegisterCallback(void* callbackObject, DriverRoutine callbackFunction, void* callbackContext)
    {
        NtKernel kernel = NtKernel.Current;
        CallbackState state = RequireCallback(callbackObject, out KernelObject record);
        if (!state.AllowsMany && state.Registrations.Count != 0)
            return null;
        void* handle = kernel.Pool.Allocate(CallbackBytes, CallbackTag, zero: true);
        if (handle == null)
            return null;
        kernel.Objects.Reference(record);
        state.Registrations.Add(new CallbackRegistration((nint)handle, callbackFunction, (nint)callbackContext));
        kernel.Callbacks.Add((nint)handle, record);
        return handle;
    }

    /// <summary>Undoes ExRegisterCallback.</summary>
    /// <remarks>WDK: ExUnregisterCallback.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ExUnregisterCallback(void* callbackRegistration)
    {
        NtKernel kernel = NtKernel.Current;
        if (!kernel.Callbacks.Remove((nint)callbackRegistration, out KernelObject? record))
        {
            kernel.Violation($"ExUnregisterCallback of 0x{(ulong)callbackRegistration:x}, which is no registration");
            return;
        }
        var state = (CallbackState)record.Payload!;
        state.Registrations.RemoveAll(registration => registration.Handle == (nint)callbackRegistration);
        kernel.Pool.Free(callbackRegistration);
        kernel.Objects.Dereference(record);
    }

    /// <summary>Calls every registered routine with two arguments, at the caller's IRQL, in order of
    /// registration.</summary>
    /// <remarks>WDK: ExNotifyCallback.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExNotifyCallback(void* callbackObject, void* argument1, void* argument2)
    {
        CallbackState state = RequireCallback(callbackObject, out _);
        foreach (CallbackRegistration registration in state.Registrations.ToArray())
            Processor.Current.Call(registration.Routine, (void*)registration.Context, argument1, argument2);
    }

    private static NTSTATUS CreateCallback(string name, bool allowsMany, void** callbackObject)
    {
        NtKernel kernel = NtKernel.Current;
        void* body = kernel.Pool.Allocate(CallbackBytes, CallbackTag, zero: true);
        if (body == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        KernelObject record = kernel.Objects.Add(
            ObjectType.Callback,
            body,
            new CallbackState(allowsMany),
            deleted: static gone => NtKernel.Current.Pool.Free((void*)gone.Address));
        NTSTATUS status = name.Length == 0 ? STATUS_SUCCESS : kernel.Objects.Names.Insert(name, record);
        if (status.IsSuccess)
            *callbackObject = body;
        else
            kernel.Objects.Dereference(record);
        return status;
    }

    private static CallbackState RequireCallback(void* callbackObject, out KernelObject record)
    {
        record = NtKernel.Current.Objects.Require(callbackObject);
        if (record.Payload is not CallbackState state)
        {
            NtKernel.Current.BugCheck(
                BugCheckCodes.REFERENCE_BY_POINTER, 0, (ulong)callbackObject, 0, 0,
                $"the object at 0x{(ulong)callbackObject:x} is no callback object");
            return null!;
        }
        return state;
    }

    private static string NameOf(OBJECT_ATTRIBUTES* attributes) =>
        attributes == null || attributes->ObjectName == null
            ? ""
            : DriverString.Read(
                PointerCheck.Follow<UNICODE_STRING>(attributes->ObjectName, "ObjectAttributes->ObjectName"));
}
