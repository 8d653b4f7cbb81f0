namespace Hil.Wdm;

/// <summary>A bitmap over memory that the driver owns; the size is in bits.</summary>
public unsafe struct RTL_BITMAP
{
    public uint SizeOfBitMap;
    public uint* Buffer;
}
