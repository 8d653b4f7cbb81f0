namespace Hil.Wdm;

/// <summary>An object's name; its characters follow.</summary>
public struct OBJECT_NAME_INFORMATION
{
    public UNICODE_STRING Name;
}
