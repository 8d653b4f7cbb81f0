namespace Hil.Wdm;

/// <summary>One open of a device.</summary>
public unsafe struct FILE_OBJECT
{
    public short Type;
    public short Size;
    public DEVICE_OBJECT* DeviceObject;
    public VPB* Vpb;
    public void* FsContext;
    public void* FsContext2;
    public void* SectionObjectPointer;
    public void* PrivateCacheMap;
    public NTSTATUS FinalStatus;
    public FILE_OBJECT* RelatedFileObject;
    public BOOLEAN LockOperation;
    public BOOLEAN DeletePending;
    public BOOLEAN ReadAccess;
    public BOOLEAN WriteAccess;
    public BOOLEAN DeleteAccess;
    public BOOLEAN SharedRead;
    public BOOLEAN SharedWrite;
    public BOOLEAN SharedDelete;
    public uint Flags;
    public UNICODE_STRING FileName;
    public LARGE_INTEGER CurrentByteOffset;
    public uint Waiters;
    public uint Busy;
    public void* LastLock;
    public KEVENT Lock;
    public KEVENT Event;
    public IO_COMPLETION_CONTEXT* CompletionContext;
    public KSPIN_LOCK IrpListLock;
    public LIST_ENTRY IrpList;
    public void* FileObjectExtension;
}
