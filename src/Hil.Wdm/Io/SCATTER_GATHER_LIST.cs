using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Hil.Wdm;

/// <summary>The head of a scatter/gather list; the elements follow it.</summary>
public struct SCATTER_GATHER_LIST
{
    public uint NumberOfElements;
    public nuint Reserved;

    /// <summary>The first element. The list must lie in unmanaged memory, with its elements behind it.</summary>
    [UnscopedRef]
    public ref SCATTER_GATHER_ELEMENT Elements =>
        ref Unsafe.As<SCATTER_GATHER_LIST, SCATTER_GATHER_ELEMENT>(ref Unsafe.Add(ref this, 1));
}
