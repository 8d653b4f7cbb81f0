namespace Hil.Wdm;

/// <summary>The part of a driver object that PnP uses.</summary>
public unsafe struct DRIVER_EXTENSION
{
    public DRIVER_OBJECT* DriverObject;
    public DriverRoutine AddDevice;
    public uint Count;
    public UNICODE_STRING ServiceKeyName;
    public void* ClientDriverExtension;
    public void* FsFilterCallbacks;
    public void* KseCallbacks;
    public void* DvCallbacks;
    public void* VerifierContext;
}
