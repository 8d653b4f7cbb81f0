namespace Hil.Wdm;

/// <summary>The entry points that bypass IRPs.</summary>
public struct FAST_IO_DISPATCH
{
    public uint SizeOfFastIoDispatch;
    public DriverRoutine FastIoCheckIfPossible;
    public DriverRoutine FastIoRead;
    public DriverRoutine FastIoWrite;
    public DriverRoutine FastIoQueryBasicInfo;
    public DriverRoutine FastIoQueryStandardInfo;
    public DriverRoutine FastIoLock;
    public DriverRoutine FastIoUnlockSingle;
    public DriverRoutine FastIoUnlockAll;
    public DriverRoutine FastIoUnlockAllByKey;
    public DriverRoutine FastIoDeviceControl;
    public DriverRoutine AcquireFileForNtCreateSection;
    public DriverRoutine ReleaseFileForNtCreateSection;
    public DriverRoutine FastIoDetachDevice;
    public DriverRoutine FastIoQueryNetworkOpenInfo;
    public DriverRoutine AcquireForModWrite;
    public DriverRoutine MdlRead;
    public DriverRoutine MdlReadComplete;
    public DriverRoutine PrepareMdlWrite;
    public DriverRoutine MdlWriteComplete;
    public DriverRoutine FastIoReadCompressed;
    public DriverRoutine FastIoWriteCompressed;
    public DriverRoutine MdlReadCompleteCompressed;
    public DriverRoutine MdlWriteCompleteCompressed;
    public DriverRoutine FastIoQueryOpen;
    public DriverRoutine ReleaseForModWrite;
    public DriverRoutine AcquireForCcFlush;
    public DriverRoutine ReleaseForCcFlush;
}
