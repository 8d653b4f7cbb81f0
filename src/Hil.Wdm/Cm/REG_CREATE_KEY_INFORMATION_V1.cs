namespace Hil.Wdm;

/// <summary>A key that is created or opened.</summary>
public unsafe struct REG_CREATE_KEY_INFORMATION_V1
{
    public UNICODE_STRING* CompleteName;
    public void* RootObject;
    public void* ObjectType;
    public uint Options;
    public UNICODE_STRING* Class;
    public void* SecurityDescriptor;
    public void* SecurityQualityOfService;
    public uint DesiredAccess;
    public uint GrantedAccess;
    public uint* Disposition;
    public void** ResultObject;
    public void* CallContext;
    public void* RootObjectContext;
    public void* Transaction;
    public nuint Version;
    public UNICODE_STRING* RemainingName;
    public uint Wow64Flags;
    public uint Attributes;
    public KPROCESSOR_MODE CheckAccessMode;
}
