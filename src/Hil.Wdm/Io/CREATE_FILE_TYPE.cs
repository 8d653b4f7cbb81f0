namespace Hil.Wdm;

/// <summary>Whether IoCreateFile makes a file, a pipe or a mailslot.</summary>
public enum CREATE_FILE_TYPE
{
    CreateFileTypeNone,
    CreateFileTypeNamedPipe,
    CreateFileTypeMailslot,
}
