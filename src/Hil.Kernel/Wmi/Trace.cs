namespace Hil.Kernel;

// WPP software tracing looks these up by MmGetSystemRoutineAddress and calls them with the handle of a session; without
// sessions no handle is valid.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Asks about trace sessions, of which there are none.</summary>
    /// <returns>STATUS_NOT_FOUND.</returns>
    /// <remarks>WDK: WmiQueryTraceInformation.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS WmiQueryTraceInformation(
        int traceInformationClass, void* traceInformation, uint traceInformationLength, uint* requiredLength,
        void* buffer)
    {
        if (requiredLength != null)
            *requiredLength = 0;
        return STATUS_NOT_FOUND;
    }

    /// <summary>Writes a trace message to a session.</summary>
    /// <returns>STATUS_INVALID_HANDLE: no session has one.</returns>
    /// <remarks>WDK: WmiTraceMessage. The variable arguments are not looked at.</remarks>
    [Export]
    public static NTSTATUS WmiTraceMessage(
        ulong loggerHandle, uint messageFlags, Guid* messageGuid, ushort messageNumber) => STATUS_INVALID_HANDLE;

    /// <inheritdoc cref="WmiTraceMessage"/>
    /// <remarks>WDK: WmiTraceMessageVa.</remarks>
    [Export]
    public static NTSTATUS WmiTraceMessageVa(
        ulong loggerHandle, uint messageFlags, Guid* messageGuid, ushort messageNumber, void* messageArgList) =>
        STATUS_INVALID_HANDLE;
}
