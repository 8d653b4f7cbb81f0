namespace Hil.Wdm;

/// <summary>What a create request asks for.</summary>
public unsafe struct IO_SECURITY_CONTEXT
{
    public void* SecurityQos;
    public ACCESS_STATE* AccessState;
    public uint DesiredAccess;
    public uint FullCreateOptions;
}
