namespace Hil.Kernel;

/// <summary>A part of the buffer that a chain of MDLs describes, walked MDL by MDL. What goes beyond the chain's end is
/// left to the last MDL, and to whoever checks that.</summary>
internal unsafe struct MdlChainPart
{
    private uint _rest;

    /// <param name="mdl">The MDL in which the part begins.</param>
    public MdlChainPart(MDL* mdl, ulong address, uint length)
    {
        Mdl = PointerCheck.Follow<MDL>(mdl, "Mdl");
        Address = address;
        _rest = length;
    }

    public MDL* Mdl { get; private set; }

    /// <summary>Where the part begins in the buffer of this MDL.</summary>
    public ulong Address { get; private set; }

    /// <summary>How many of its bytes lie there.</summary>
    public readonly uint Length
    {
        get
        {
            ulong offset = Address - (ulong)MmGetMdlVirtualAddress(Mdl);
            bool goesOn = Mdl->Next != null && offset < Mdl->ByteCount && _rest > Mdl->ByteCount - offset;
            return goesOn ? Mdl->ByteCount - (uint)offset : _rest;
        }
    }

    /// <summary>The part that begins so many bytes after the start of the chain's first buffer.</summary>
    public static MdlChainPart At(MDL* mdl, ulong offset, uint length)
    {
        PointerCheck.Follow<MDL>(mdl, "Mdl");
        while (offset >= mdl->ByteCount && mdl->Next != null)
        {
            offset -= mdl->ByteCount;
            mdl = PointerCheck.Follow<MDL>(mdl->Next, "Mdl->Next");
        }
        return new MdlChainPart(mdl, (ulong)MmGetMdlVirtualAddress(mdl) + offset, length);
    }

    /// <summary>Goes on to the next MDL; false at the end of the part.</summary>
    public bool MoveNext()
    {
        _rest -= Length;
        if (_rest == 0)
            return false;
        do
            Mdl = PointerCheck.Follow<MDL>(Mdl->Next, "Mdl->Next");
        while (Mdl->ByteCount == 0 && Mdl->Next != null);
        Address = (ulong)MmGetMdlVirtualAddress(Mdl);
        return true;
    }
}
