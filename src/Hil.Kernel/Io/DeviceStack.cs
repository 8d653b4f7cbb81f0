namespace Hil.Kernel;

// A device stack is a chain upwards through AttachedDevice and downwards through the extension's AttachedTo. The lowest
// device's StackSize is 1; each one attached above needs one stack location more than the one below it.

public static unsafe partial class Ntoskrnl
{
    private const uint GoingAway = DOE_DELETE_PENDING | DOE_UNLOAD_PENDING | DOE_REMOVE_PENDING;

    /// <summary>Puts a device on top of the stack that another one is in.</summary>
    /// <returns>The device right below, formerly the top; null if that is going away.</returns>
    /// <remarks>WDK: IoAttachDeviceToDeviceStack.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static DEVICE_OBJECT* IoAttachDeviceToDeviceStack(DEVICE_OBJECT* sourceDevice, DEVICE_OBJECT* targetDevice)
    {
        DEVICE_OBJECT* top = IoGetAttachedDevice(targetDevice);
        DEVOBJ_EXTENSION* lower = ExtensionOf(top);
        if ((lower->ExtensionFlags & GoingAway) != 0)
            return null;
        DEVOBJ_EXTENSION* upper = ExtensionOf(sourceDevice);
        top->AttachedDevice = sourceDevice;
        upper->AttachedTo = top;
        upper->ExtensionFlags |= lower->ExtensionFlags & DOE_START_PENDING;
        sourceDevice->StackSize = (sbyte)(top->StackSize + 1);
        sourceDevice->AlignmentRequirement = top->AlignmentRequirement;
        sourceDevice->SectorSize = top->SectorSize;
        return top;
    }

    /// <summary>As IoAttachDeviceToDeviceStack; the device below is stored before any IRP can arrive.</summary>
    /// <returns>STATUS_NO_SUCH_DEVICE.</returns>
    /// <remarks>WDK: IoAttachDeviceToDeviceStackSafe.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoAttachDeviceToDeviceStackSafe(
        DEVICE_OBJECT* sourceDevice, DEVICE_OBJECT* targetDevice, DEVICE_OBJECT** attachedToDeviceObject)
    {
        *attachedToDeviceObject = IoAttachDeviceToDeviceStack(sourceDevice, targetDevice);
        return *attachedToDeviceObject == null ? STATUS_NO_SUCH_DEVICE : STATUS_SUCCESS;
    }

    /// <summary>Attaches a device to the stack of a named one.</summary>
    /// <returns>What opening the name returned, or STATUS_NO_SUCH_DEVICE.</returns>
    /// <remarks>WDK: IoAttachDevice. No create request is sent to the device.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoAttachDevice(
        DEVICE_OBJECT* sourceDevice, UNICODE_STRING* targetDevice, DEVICE_OBJECT** attachedDevice)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        NTSTATUS status = objects.Names.Parse(DriverString.Read(targetDevice), out KernelObject? found, out _);
        if (!status.IsSuccess)
            return status;
        if (found!.Type != ObjectType.Device)
            return STATUS_OBJECT_TYPE_MISMATCH;
        return IoAttachDeviceToDeviceStackSafe(sourceDevice, (DEVICE_OBJECT*)found.Address, attachedDevice);
    }

    /// <summary>Attaches a device to the stack of another one.</summary>
    /// <returns>STATUS_NO_SUCH_DEVICE.</returns>
    /// <remarks>WDK: IoAttachDeviceByPointer, superseded by IoAttachDeviceToDeviceStack.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoAttachDeviceByPointer(DEVICE_OBJECT* sourceDevice, DEVICE_OBJECT* targetDevice) =>
        IoAttachDeviceToDeviceStack(sourceDevice, targetDevice) == null ? STATUS_NO_SUCH_DEVICE : STATUS_SUCCESS;

    /// <summary>Detaches the device that is attached to <paramref name="targetDevice"/>, the lower of the
    /// two.</summary>
    /// <remarks>WDK: IoDetachDevice.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void IoDetachDevice(DEVICE_OBJECT* targetDevice)
    {
        DEVICE_OBJECT* upper = targetDevice->AttachedDevice;
        if (upper == null)
        {
            NtKernel.Current.Violation(
                $"nothing is attached to {NtKernel.Current.Io.DescribeDevice(targetDevice)}, which was to be detached "
                + "from");
            return;
        }
        ExtensionOf(PointerCheck.Follow<DEVICE_OBJECT>(upper, "TargetDevice->AttachedDevice"))->AttachedTo = null;
        targetDevice->AttachedDevice = null;
        FinishDeletion(targetDevice);
    }

    /// <summary>The top of the stack that a device is in.</summary>
    /// <remarks>WDK: IoGetAttachedDevice.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static DEVICE_OBJECT* IoGetAttachedDevice(DEVICE_OBJECT* deviceObject)
    {
        while (deviceObject->AttachedDevice != null)
            deviceObject = PointerCheck.Follow<DEVICE_OBJECT>(
                deviceObject->AttachedDevice, "DeviceObject->AttachedDevice");
        return deviceObject;
    }

    /// <summary>As IoGetAttachedDevice, with a reference that the caller gives back.</summary>
    /// <remarks>WDK: IoGetAttachedDeviceReference.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static DEVICE_OBJECT* IoGetAttachedDeviceReference(DEVICE_OBJECT* deviceObject)
    {
        DEVICE_OBJECT* top = IoGetAttachedDevice(deviceObject);
        ObfReferenceObject(top);
        return top;
    }

    /// <summary>The lowest device of a stack, with a reference that the caller gives back.</summary>
    /// <remarks>WDK: IoGetDeviceAttachmentBaseRef.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static DEVICE_OBJECT* IoGetDeviceAttachmentBaseRef(DEVICE_OBJECT* deviceObject)
    {
        for (DEVICE_OBJECT* lower = deviceObject; lower != null; lower = ExtensionOf(lower)->AttachedTo)
            deviceObject = PointerCheck.Follow<DEVICE_OBJECT>(lower, "AttachedTo");
        ObfReferenceObject(deviceObject);
        return deviceObject;
    }

    /// <summary>The device right below another, with a reference that the caller gives back; null for the
    /// lowest.</summary>
    /// <remarks>WDK: IoGetLowerDeviceObject.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static DEVICE_OBJECT* IoGetLowerDeviceObject(DEVICE_OBJECT* deviceObject)
    {
        DEVICE_OBJECT* lower = ExtensionOf(deviceObject)->AttachedTo;
        if (lower != null)
            ObfReferenceObject(lower);
        return lower;
    }

    /// <summary>Opens a device by name: its file and the top of its stack.</summary>
    /// <param name="fileObject">Gets a reference that the caller gives back when done with the device.</param>
    /// <remarks>WDK: IoGetDeviceObjectPointer. The stack gets a create request now, and cleanup right after it,
    /// because no handle stays open; close comes with the last reference.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoGetDeviceObjectPointer(
        UNICODE_STRING* objectName, uint desiredAccess, FILE_OBJECT** fileObject, DEVICE_OBJECT** deviceObject)
    {
        NtKernel kernel = NtKernel.Current;
        *fileObject = null;
        *deviceObject = null;
        NTSTATUS status = kernel.Io.CreateFile(
            DriverString.Read(objectName), new FileOpening(desiredAccess, FILE_SHARE_READ | FILE_SHARE_WRITE),
            out KernelObject? file);
        if (!status.IsSuccess)
            return status;
        ulong handle = kernel.Objects.Handles.Open(file!, desiredAccess);
        *fileObject = (FILE_OBJECT*)file!.Address;
        *deviceObject = IoGetRelatedDeviceObject(*fileObject);
        kernel.Objects.Handles.Close(handle);
        return STATUS_SUCCESS;
    }

    /// <summary>The device that requests for a file are sent to: the top of its device's stack.</summary>
    /// <remarks>WDK: IoGetRelatedDeviceObject.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static DEVICE_OBJECT* IoGetRelatedDeviceObject(FILE_OBJECT* fileObject) =>
        IoGetAttachedDevice(PointerCheck.Follow<DEVICE_OBJECT>(fileObject->DeviceObject, "FileObject->DeviceObject"));
}
