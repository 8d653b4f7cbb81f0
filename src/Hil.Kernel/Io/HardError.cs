namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Tells the user of an error that only he can put right. Nobody sits here who could: the request is
    /// completed with its status, as when he gives up.</summary>
    /// <remarks>WDK: IoRaiseHardError.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void IoRaiseHardError(IRP* irp, VPB* vpb, DEVICE_OBJECT* realDeviceObject) =>
        IofCompleteRequest(irp, IO_NO_INCREMENT);
}
