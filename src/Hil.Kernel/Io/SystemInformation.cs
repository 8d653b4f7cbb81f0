namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const byte WdmMajorVersion = 6; // Windows 7 and later say 6.0.

    /// <summary>Counts of devices that drivers have claimed; drivers of disks and ports change them.</summary>
    /// <remarks>WDK: IoGetConfigurationInformation.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static CONFIGURATION_INFORMATION* IoGetConfigurationInformation() => NtKernel.Current.Io.Configuration;

    /// <summary>TRUE if the system offers at least this version of WDM.</summary>
    /// <remarks>WDK: IoIsWdmVersionAvailable.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN IoIsWdmVersionAvailable(byte majorVersion, byte minorVersion) =>
        majorVersion < WdmMajorVersion || (majorVersion == WdmMajorVersion && minorVersion == 0);

    /// <summary>Notes the device that a user has to do something about (insert a medium) in the requesting
    /// thread.</summary>
    /// <remarks>WDK: IoSetHardErrorOrVerifyDevice. Nobody asks: there are no removable media and no user.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoSetHardErrorOrVerifyDevice(IRP* irp, DEVICE_OBJECT* deviceObject)
    {
        NtKernel kernel = NtKernel.Current;
        if (irp->Tail.Overlay.Thread == null)
            return;
        if (kernel.Scheduler.Find(irp->Tail.Overlay.Thread) is { } thread)
            thread.DeviceToVerify = deviceObject;
        kernel.Events.Add(
            KernelEventKind.ErrorLog, (ulong)deviceObject, text:
            $"{kernel.Io.DescribeDevice(deviceObject)} asks for its medium");
    }

    /// <summary>The IRP that the thread's topmost file system component works on.</summary>
    /// <remarks>WDK: IoGetTopLevelIrp. There are no file systems: null, or what the thread set.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void* IoGetTopLevelIrp() => (void*)IoSystem.TopLevelIrp;

    /// <summary>Sets what IoGetTopLevelIrp returns in this thread.</summary>
    /// <remarks>WDK: IoSetTopLevelIrp.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void IoSetTopLevelIrp(void* irp) => IoSystem.TopLevelIrp = (ulong)irp;
}
