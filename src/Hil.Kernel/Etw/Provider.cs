namespace Hil.Kernel;

// Event tracing without listeners: registration succeeds, no session ever enables a provider, so its callback is never
// called and what it writes goes nowhere, as on a Windows where nobody traces.

/// <summary>Registered providers, so that a handle closed twice or never given out is seen.</summary>
internal sealed class EtwProviders
{
    private readonly HashSet<ulong> _handles = [];
    private ulong _next = 1;

    public ulong Add()
    {
        _handles.Add(_next);
        return _next++;
    }

    public bool Remove(ulong handle) => _handles.Remove(handle);
}

public static unsafe partial class Ntoskrnl
{
    /// <summary>Registers an event provider.</summary>
    /// <remarks>WDK: EtwRegister. The callback would be called when a session enables the provider; there is
    /// none.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS EtwRegister(
        Guid* providerId, DriverRoutine enableCallback, void* callbackContext, ulong* regHandle)
    {
        *regHandle = NtKernel.Current.Pnp.EtwProviders.Add();
        return STATUS_SUCCESS;
    }

    /// <summary>Registers a provider of the older kind, as WPP tracing does.</summary>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS EtwRegisterClassicProvider(
        Guid* providerId, uint type, DriverRoutine enableCallback, void* callbackContext, ulong* regHandle) =>
        EtwRegister(providerId, enableCallback, callbackContext, regHandle);

    /// <summary>Ends a registration.</summary>
    /// <returns>STATUS_INVALID_HANDLE.</returns>
    /// <remarks>WDK: EtwUnregister.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS EtwUnregister(ulong regHandle) =>
        NtKernel.Current.Pnp.EtwProviders.Remove(regHandle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;

    /// <summary>Writes an event; with no session it is dropped.</summary>
    /// <remarks>WDK: EtwWrite.</remarks>
    [Export]
    public static NTSTATUS EtwWrite(
        ulong regHandle, void* eventDescriptor, Guid* activityId, uint userDataCount, void* userData) => STATUS_SUCCESS;

    /// <inheritdoc cref="EtwWrite"/>
    /// <remarks>WDK: EtwWriteEx.</remarks>
    [Export]
    public static NTSTATUS EtwWriteEx(
        ulong regHandle, void* eventDescriptor, ulong filter, uint flags, Guid* activityId, Guid* relatedActivityId,
        uint userDataCount, void* userData) => STATUS_SUCCESS;

    /// <inheritdoc cref="EtwWrite"/>
    /// <remarks>WDK: EtwWriteTransfer.</remarks>
    [Export]
    public static NTSTATUS EtwWriteTransfer(
        ulong regHandle, void* eventDescriptor, Guid* activityId, Guid* relatedActivityId, uint userDataCount,
        void* userData) => STATUS_SUCCESS;

    /// <inheritdoc cref="EtwWrite"/>
    /// <remarks>WDK: EtwWriteString.</remarks>
    [Export]
    public static NTSTATUS EtwWriteString(ulong regHandle, byte level, ulong keyword, Guid* activityId, char* text) =>
        STATUS_SUCCESS;

    /// <summary>Tells whether a session wants an event: none does.</summary>
    /// <remarks>WDK: EtwEventEnabled.</remarks>
    [Export]
    public static BOOLEAN EtwEventEnabled(ulong regHandle, void* eventDescriptor) => false;

    /// <summary>Tells whether a session wants events of a level and keyword: none does.</summary>
    /// <remarks>WDK: EtwProviderEnabled.</remarks>
    [Export]
    public static BOOLEAN EtwProviderEnabled(ulong regHandle, byte level, ulong keyword) => false;

    /// <summary>Sets options of a registration.</summary>
    /// <remarks>WDK: EtwSetInformation.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS EtwSetInformation(
        ulong regHandle, int informationClass, void* eventInformation, uint length) => STATUS_SUCCESS;

    /// <summary>Makes, sets or gets the activity ID of the calling thread.</summary>
    /// <returns>STATUS_INVALID_PARAMETER for an unknown control code.</returns>
    /// <remarks>WDK: EtwActivityIdControl. A thread's ID is not kept: nothing would record it.</remarks>
    [Export]
    public static NTSTATUS EtwActivityIdControl(uint controlCode, Guid* activityId)
    {
        const uint GetId = 1;
        const uint SetId = 2;
        const uint CreateId = 3;
        switch (controlCode)
        {
            case GetId:
                *activityId = default;
                return STATUS_SUCCESS;
            case SetId:
                return STATUS_SUCCESS;
            case CreateId:
                return ExUuidCreate(activityId);
            default:
                return STATUS_INVALID_PARAMETER;
        }
    }
}
