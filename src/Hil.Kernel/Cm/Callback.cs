using System.Globalization;

namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Registers a routine for registry operations, below those that have an altitude.</summary>
    /// <param name="function">NTSTATUS (PVOID CallbackContext, PVOID Argument1, PVOID Argument2): REG_NOTIFY_CLASS and
    /// what belongs to it.</param>
    /// <param name="cookie">Gets what CmUnRegisterCallback takes.</param>
    /// <returns>STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: CmRegisterCallback.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS CmRegisterCallback(DriverRoutine function, void* context, long* cookie)
    {
        const decimal NoAltitude = -1;
        *cookie = NtKernel.Current.RegistryCallbacks.Add(function, context, NoAltitude);
        return *cookie == 0 ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    }

    /// <summary>Registers a routine for registry operations at an altitude.</summary>
    /// <param name="altitude">A decimal number; who is higher is told earlier.</param>
    /// <returns>STATUS_FLT_INSTANCE_ALTITUDE_COLLISION if the altitude is taken, STATUS_INVALID_PARAMETER if it is no
    /// number, STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: CmRegisterCallbackEx.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS CmRegisterCallbackEx(
        DriverRoutine function, UNICODE_STRING* altitude, void* driver, void* context, long* cookie, void* reserved)
    {
        RegistryCallbacks callbacks = NtKernel.Current.RegistryCallbacks;
        if (!decimal.TryParse(
            DriverString.Read(altitude), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal at))
            return STATUS_INVALID_PARAMETER;
        if (callbacks.HasAltitude(at))
            return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
        *cookie = callbacks.Add(function, context, at);
        return *cookie == 0 ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    }

    /// <summary>Undoes CmRegisterCallback(Ex) when the routine does not run any more; it is asked to give its contexts
    /// up.</summary>
    /// <returns>STATUS_INVALID_PARAMETER.</returns>
    /// <remarks>WDK: CmUnRegisterCallback.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS CmUnRegisterCallback(long cookie)
    {
        RegistryCallbacks callbacks = NtKernel.Current.RegistryCallbacks;
        if (callbacks.Find(cookie) is not { } callback)
            return STATUS_INVALID_PARAMETER;
        callbacks.Remove(callback);
        return STATUS_SUCCESS;
    }

    /// <summary>Version of the notifications: 1.1, that of Windows 7 and later.</summary>
    /// <remarks>WDK: CmGetCallbackVersion.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void CmGetCallbackVersion(uint* major, uint* minor)
    {
        if (major != null)
            *major = 1;
        if (minor != null)
            *minor = 1;
    }

    /// <summary>Gives a key object a context, which comes back in notifications about it.</summary>
    /// <param name="oldContext">Gets the context from before; may be null.</param>
    /// <returns>STATUS_INVALID_PARAMETER for what is no key or no registration.</returns>
    /// <remarks>WDK: CmSetCallbackObjectContext.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS CmSetCallbackObjectContext(
        void* @object, long* cookie, void* newContext, void** oldContext)
    {
        if (!TryFindKey(@object, out KernelObject key) || FindCallback(cookie) is not { } callback)
            return STATUS_INVALID_PARAMETER;
        if (oldContext != null)
            *oldContext = (void*)callback.ObjectContexts.GetValueOrDefault(key);
        if (newContext == null)
            callback.ObjectContexts.Remove(key);
        else
            callback.ObjectContexts[key] = (nint)newContext;
        return STATUS_SUCCESS;
    }

    /// <summary>Number and full name of a key, the same for all objects of the key.</summary>
    /// <param name="objectID">May be null.</param>
    /// <param name="objectName">Gets a string that CmCallbackReleaseKeyObjectIDEx frees; may be null.</param>
    /// <returns>STATUS_INVALID_PARAMETER for what is no key, no registration, or flags;
    /// STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: CmCallbackGetKeyObjectIDEx.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS CmCallbackGetKeyObjectIDEx(
        long* cookie, void* @object, nuint* objectID, UNICODE_STRING** objectName, uint flags)
    {
        if (flags != 0 || FindCallback(cookie) == null || !TryFindKey(@object, out KernelObject key))
            return STATUS_INVALID_PARAMETER;
        var described = (RegistryKey)key.Payload!;
        if (objectName != null)
        {
            *objectName = DriverString.Create(NtKernel.Current, described.Path);
            if (*objectName == null)
                return STATUS_INSUFFICIENT_RESOURCES;
        }
        if (objectID != null)
            *objectID = described.Id;
        return STATUS_SUCCESS;
    }

    /// <summary>As CmCallbackGetKeyObjectIDEx; the name lasts as long as the object.</summary>
    /// <inheritdoc cref="CmCallbackGetKeyObjectIDEx"/>
    /// <remarks>WDK: CmCallbackGetKeyObjectID.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS CmCallbackGetKeyObjectID(
        long* cookie, void* @object, nuint* objectID, UNICODE_STRING** objectName)
    {
        Dictionary<KernelObject, nint> names = NtKernel.Current.KeyNames;
        bool isKnown = TryFindKey(@object, out KernelObject key) && names.ContainsKey(key);
        NTSTATUS status = CmCallbackGetKeyObjectIDEx(cookie, @object, objectID, isKnown ? null : objectName, 0);
        if (!status.IsSuccess || objectName == null)
            return status;
        if (isKnown)
            *objectName = (UNICODE_STRING*)names[key];
        else
            names.Add(key, (nint)(*objectName));
        return status;
    }

    /// <summary>Frees a name of CmCallbackGetKeyObjectIDEx.</summary>
    /// <remarks>WDK: CmCallbackReleaseKeyObjectIDEx.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void CmCallbackReleaseKeyObjectIDEx(UNICODE_STRING* objectName) =>
        DriverString.Free(NtKernel.Current, objectName);

    /// <summary>The transaction that a key belongs to: null, since the registry has none.</summary>
    /// <remarks>WDK: CmGetBoundTransaction.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void* CmGetBoundTransaction(long* cookie, void* @object) => null;

    private static RegistryCallback? FindCallback(long* cookie) =>
        cookie == null ? null : NtKernel.Current.RegistryCallbacks.Find(*cookie);

    private static bool TryFindKey(void* @object, out KernelObject key)
    {
        key = NtKernel.Current.Objects.Find(@object)!;
        return key is { Payload: RegistryKey };
    }
}
