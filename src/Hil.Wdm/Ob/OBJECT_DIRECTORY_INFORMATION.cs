namespace Hil.Wdm;

/// <summary>One object of a directory, as ZwQueryDirectoryObject lists it.</summary>
public struct OBJECT_DIRECTORY_INFORMATION
{
    public UNICODE_STRING Name;
    public UNICODE_STRING TypeName;
}
