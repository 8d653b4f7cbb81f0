namespace Hil.Wdm;

// Flags of I/O objects that ntifs.h has and wdm.h leaves out, or that only the I/O manager uses.
public static partial class WdmConstants
{
    // DEVICE_OBJECT.Flags.
    public const uint DO_DEVICE_HAS_NAME = 0x40;

    // DEVOBJ_EXTENSION.StartIoFlags: which next packet is asked for, and what IoSetStartIoAttributes chose.
    public const uint DOE_SIO_NO_KEY = 0x20;
    public const uint DOE_SIO_WITH_KEY = 0x40;
    public const uint DOE_SIO_CANCELABLE = 0x80;
    public const uint DOE_SIO_DEFERRED = 0x100;
    public const uint DOE_SIO_NO_CANCEL = 0x200;
}
