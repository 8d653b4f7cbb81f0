namespace Hil.Kernel;

/// <summary>One driver image in the RAM window.</summary>
public abstract class LoadedModule(string name, ulong baseAddress, ulong bytes)
{
    /// <summary>File name, such as edu.sys.</summary>
    public string Name { get; } = name;

    public ulong Base { get; } = baseAddress;

    public ulong Bytes { get; } = bytes;

    /// <summary>Whether an address lies in it.</summary>
    public bool Contains(ulong address) => address - Base < Bytes;

    /// <summary>Whether its code is the kernel's own, and no driver's.</summary>
    public virtual bool IsKernel => false;

    /// <summary>Nearest symbol at or below an RVA as "name+0x1c", or null.</summary>
    public abstract string? FindSymbol(uint rva);

    /// <summary>The .pdata entry that covers an RVA; false in a leaf function and outside code.</summary>
    public abstract bool TryFindFunction(uint rva, out RuntimeFunction function);

    /// <summary>How to undo a function's prologue, as the image file says; false if that makes no sense.</summary>
    public abstract bool TryDecodeUnwind(RuntimeFunction function, out UnwindInfo info);

    /// <summary>Puts back callee-saved registers that leaf code of this module keeps in volatile ones; most has
    /// none.</summary>
    public virtual unsafe void RestoreInLeaf(uint rva, CONTEXT* context)
    {
    }
}
