namespace Hil.Wdm;

/// <summary>A registry operation that is over.</summary>
public unsafe struct REG_POST_OPERATION_INFORMATION
{
    public void* Object;
    public NTSTATUS Status;
    public void* PreInformation;
    public NTSTATUS ReturnStatus;
    public void* CallContext;
    public void* ObjectContext;
    public void* Reserved;
}
