namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Makes a name lead to another, as \DosDevices\X to \Device\Y.</summary>
    /// <returns>STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_NAME_INVALID.</returns>
    /// <remarks>WDK: IoCreateSymbolicLink. The target need not exist.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoCreateSymbolicLink(UNICODE_STRING* symbolicLinkName, UNICODE_STRING* deviceName)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        KernelObject link = objects.Add(ObjectType.SymbolicLink, null, DriverString.Read(deviceName));
        NTSTATUS status = objects.Names.Insert(DriverString.Read(symbolicLinkName), link);
        if (status.IsSuccess)
            objects.MakePermanent(link);
        objects.Dereference(link);
        return status;
    }

    /// <inheritdoc cref="IoCreateSymbolicLink"/>
    /// <remarks>WDK: IoCreateUnprotectedSymbolicLink.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoCreateUnprotectedSymbolicLink(
        UNICODE_STRING* symbolicLinkName, UNICODE_STRING* deviceName) =>
        IoCreateSymbolicLink(symbolicLinkName, deviceName);

    /// <summary>Removes a symbolic link.</summary>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: IoDeleteSymbolicLink.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoDeleteSymbolicLink(UNICODE_STRING* symbolicLinkName)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        KernelObject? link = objects.Names.Find(DriverString.Read(symbolicLinkName));
        if (link == null)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        if (link.Type != ObjectType.SymbolicLink)
            return STATUS_OBJECT_TYPE_MISMATCH;
        objects.Names.Remove(link);
        objects.MakeTemporary(link);
        return STATUS_SUCCESS;
    }
}
