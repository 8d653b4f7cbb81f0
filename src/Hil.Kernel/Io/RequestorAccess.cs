namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Whether a request, or the running process, is of a 32-bit process: there is none.</summary>
    /// <param name="irp">May be null: the running process.</param>
    /// <remarks>WDK: IoIs32bitProcess.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN IoIs32bitProcess(IRP* irp) => false;

    /// <summary>Checks that the file of a control request was opened with the access that the driver asks
    /// for.</summary>
    /// <param name="requiredAccess">FILE_READ_ACCESS, FILE_WRITE_ACCESS.</param>
    /// <returns>STATUS_ACCESS_DENIED; STATUS_INVALID_PARAMETER for other access, or a request that is no
    /// IRP_MJ_DEVICE_CONTROL. A driver's own request may do everything.</returns>
    /// <remarks>WDK: IoValidateDeviceIoControlAccess.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoValidateDeviceIoControlAccess(IRP* irp, uint requiredAccess)
    {
        IO_STACK_LOCATION* location = PointerCheck.Follow<IO_STACK_LOCATION>(
            irp->Tail.Overlay.CurrentStackLocation, "Irp->Tail.Overlay.CurrentStackLocation");
        if ((requiredAccess & ~(FILE_READ_ACCESS | FILE_WRITE_ACCESS)) != 0
            || location->MajorFunction != IRP_MJ_DEVICE_CONTROL)
            return STATUS_INVALID_PARAMETER;
        if (irp->RequestorMode == KPROCESSOR_MODE.KernelMode || location->FileObject == null)
            return STATUS_SUCCESS;
        if (NtKernel.Current.Objects.Find(location->FileObject)?.Payload is not FileState file)
            return STATUS_INVALID_PARAMETER;
        bool isAllowed = ((requiredAccess & FILE_READ_ACCESS) == 0 || file.CanRead)
            && ((requiredAccess & FILE_WRITE_ACCESS) == 0 || file.CanWrite);
        return isAllowed ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    }

    /// <summary>Tells whether rights to a file are among those that were granted.</summary>
    /// <param name="desiredAccess">Gets the rights of files in the place of generic ones.</param>
    /// <returns>STATUS_ACCESS_DENIED.</returns>
    /// <remarks>WDK: IoCheckDesiredAccess.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoCheckDesiredAccess(uint* desiredAccess, uint grantedAccess)
    {
        uint* mapping = IoGetFileObjectGenericMapping();
        if (mapping == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlMapGenericMask(desiredAccess, (GENERIC_MAPPING*)mapping);
        return (*desiredAccess & ~grantedAccess) == 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    }
}
