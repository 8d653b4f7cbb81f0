namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint ProcessBasicInformation = 0;
    private const uint ProcessDebugPort = 7;
    private const uint ProcessWow64Information = 26;
    private const uint ProcessImageFileName = 27;

    /// <summary>Tells about a process: the system's, the only one.</summary>
    /// <param name="processInformationClass">ProcessBasicInformation; ProcessDebugPort (nobody debugs it);
    /// ProcessWow64Information (it is no 32-bit one); ProcessImageFileName (it was loaded from none).</param>
    /// <param name="returnLength">Gets the bytes that the answer takes; may be null.</param>
    /// <returns>STATUS_INFO_LENGTH_MISMATCH for a buffer of another size, STATUS_INVALID_INFO_CLASS for other classes,
    /// STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwQueryInformationProcess.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwQueryInformationProcess(
        void* processHandle, uint processInformationClass, void* processInformation, uint processInformationLength,
        uint* returnLength)
    {
        uint bytes = processInformationClass switch
        {
            ProcessBasicInformation => (uint)sizeof(PROCESS_BASIC_INFORMATION),
            ProcessDebugPort or ProcessWow64Information => (uint)sizeof(nuint),
            ProcessImageFileName => (uint)sizeof(UNICODE_STRING),
            _ => 0,
        };
        if (bytes == 0)
            return STATUS_INVALID_INFO_CLASS;
        NTSTATUS status = ObjectOf(processHandle, ObjectType.Process, out _);
        if (!status.IsSuccess)
            return status;
        if (returnLength != null)
            *returnLength = bytes;
        bool fits = processInformationClass == ProcessImageFileName
            ? processInformationLength >= bytes
            : processInformationLength == bytes;
        if (!fits)
            return STATUS_INFO_LENGTH_MISMATCH;
        DriverMemory.RequireWritable(processInformation, bytes, nameof(ZwQueryInformationProcess));
        new Span<byte>(processInformation, (int)bytes).Clear();
        if (processInformationClass == ProcessBasicInformation)
        {
            *(PROCESS_BASIC_INFORMATION*)processInformation = new PROCESS_BASIC_INFORMATION
            {
                ExitStatus = STATUS_PENDING, // What the exit status of a process is until it ends.
                AffinityMask = OnlyProcessor,
                BasePriority = Scheduler.DefaultPriority,
                UniqueProcessId = (nuint)SystemProcessId,
            };
        }
        return STATUS_SUCCESS;
    }
}
