namespace Hil.Wdm;

/// <summary>State of a one-time initialization; the two lowest bits are the kernel's, the others the driver's
/// data.</summary>
public unsafe struct RTL_RUN_ONCE
{
    public void* Ptr;
}
