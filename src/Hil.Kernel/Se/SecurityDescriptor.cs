namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Copies a caller's descriptor into pool, in self-relative form.</summary>
    /// <param name="captureIfKernel">FALSE takes a kernel-mode caller's descriptor as it is.</param>
    /// <returns>STATUS_UNKNOWN_REVISION, STATUS_INVALID_SECURITY_DESCR, STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: none; ntifs.h declares it.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS SeCaptureSecurityDescriptor(
        SECURITY_DESCRIPTOR* originalSecurityDescriptor, KPROCESSOR_MODE currentMode, POOL_TYPE poolType,
        BOOLEAN captureIfKernel, void** capturedSecurityDescriptor)
    {
        *capturedSecurityDescriptor = originalSecurityDescriptor;
        if (originalSecurityDescriptor == null || (currentMode == KPROCESSOR_MODE.KernelMode && !captureIfKernel))
            return STATUS_SUCCESS;
        if (originalSecurityDescriptor->Revision != SECURITY_DESCRIPTOR_REVISION)
            return STATUS_UNKNOWN_REVISION;
        if (!RtlValidSecurityDescriptor(originalSecurityDescriptor))
            return STATUS_INVALID_SECURITY_DESCR;
        *capturedSecurityDescriptor = CopyToPool(ToSelfRelative(originalSecurityDescriptor), poolType);
        return *capturedSecurityDescriptor == null ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    }

    /// <summary>Gives back what SeCaptureSecurityDescriptor gave, called with the same mode and wish.</summary>
    /// <remarks>WDK: none; ntifs.h declares it.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void SeReleaseSecurityDescriptor(
        void* capturedSecurityDescriptor, KPROCESSOR_MODE currentMode, BOOLEAN captureIfKernelMode)
    {
        bool isCopy = currentMode == KPROCESSOR_MODE.UserMode || captureIfKernelMode;
        if (capturedSecurityDescriptor != null && isCopy)
            ExFreePool(capturedSecurityDescriptor);
    }
}
