namespace Hil.Loader;

/// <summary>The slots of the optional header's data directory that matter to a driver.</summary>
internal enum DataDirectoryIndex
{
    Export = 0,
    Import = 1,
    Exception = 3,
    Certificate = 4,
    Relocation = 5,
    Debug = 6,
    ThreadLocalStorage = 9,
    LoadConfig = 10,
    DelayImport = 13,
    ClrHeader = 14,
    Count = 16,
}

/// <summary>One entry of the data directory.</summary>
/// <param name="HeaderOffset">File offset of the entry itself, for messages.</param>
internal readonly record struct DataDirectory(uint Rva, uint Size, long HeaderOffset)
{
    public bool IsPresent => Rva != 0 && Size != 0;
}
