using System.Runtime.CompilerServices;

namespace Hil.Wdm;

/// <summary>The part of a remove lock that free and checked builds share.</summary>
public struct IO_REMOVE_LOCK_COMMON_BLOCK
{
    public BOOLEAN Removed;
    public ReservedArray Reserved;
    public int IoCount;
    public KEVENT RemoveEvent;

    [InlineArray(3)]
    public struct ReservedArray
    {
        private BOOLEAN _element0;
    }
}
