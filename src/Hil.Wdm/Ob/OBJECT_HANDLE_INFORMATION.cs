namespace Hil.Wdm;

/// <summary>What a handle allows.</summary>
public struct OBJECT_HANDLE_INFORMATION
{
    public uint HandleAttributes;
    public uint GrantedAccess;
}
