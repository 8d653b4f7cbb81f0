namespace Hil.Wdm;

/// <summary>What ZwQueryObject tells about an object and a handle to it.</summary>
public unsafe struct PUBLIC_OBJECT_BASIC_INFORMATION
{
    public uint Attributes;
    public uint GrantedAccess;
    public uint HandleCount;
    public uint PointerCount;
    public fixed uint Reserved[10];
}
