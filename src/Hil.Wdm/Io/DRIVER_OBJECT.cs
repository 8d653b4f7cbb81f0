using System.Runtime.CompilerServices;

namespace Hil.Wdm;

/// <summary>A loaded driver: its devices and its entry points.</summary>
public unsafe struct DRIVER_OBJECT
{
    public short Type;
    public short Size;
    public DEVICE_OBJECT* DeviceObject;
    public uint Flags;
    public void* DriverStart;
    public uint DriverSize;
    public void* DriverSection;
    public DRIVER_EXTENSION* DriverExtension;
    public UNICODE_STRING DriverName;
    public UNICODE_STRING* HardwareDatabase;
    public FAST_IO_DISPATCH* FastIoDispatch;
    public DriverRoutine DriverInit;
    public DriverRoutine DriverStartIo;
    public DriverRoutine DriverUnload;
    public MajorFunctionArray MajorFunction;

    [InlineArray(28)]
    public struct MajorFunctionArray
    {
        private DriverRoutine _element0;
    }
}
