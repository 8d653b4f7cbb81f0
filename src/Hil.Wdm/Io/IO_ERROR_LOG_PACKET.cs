namespace Hil.Wdm;

/// <summary>An entry for the system event log; dump data and strings follow it.</summary>
public unsafe struct IO_ERROR_LOG_PACKET
{
    public byte MajorFunctionCode;
    public byte RetryCount;
    public ushort DumpDataSize;
    public ushort NumberOfStrings;
    public ushort StringOffset;
    public ushort EventCategory;
    public NTSTATUS ErrorCode;
    public uint UniqueErrorValue;
    public NTSTATUS FinalStatus;
    public uint SequenceNumber;
    public uint IoControlCode;
    public LARGE_INTEGER DeviceOffset;
    public fixed uint DumpData[1];
}
