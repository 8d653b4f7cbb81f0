namespace Hil.Kernel;

// PnP requests that every bus answers alike.
internal abstract unsafe partial class BusDriver
{
    /// <summary>An identifier, or null for kinds the bus does not have. Several are separated by '\0'.</summary>
    protected abstract string? IdOf(DeviceNode node, BUS_QUERY_ID_TYPE type);

    protected abstract string DescriptionOf(DeviceNode node);

    protected abstract string LocationOf(DeviceNode node);

    protected abstract BusInformation BusOf(DeviceNode node);

    protected abstract void FillCapabilities(DeviceNode node, DEVICE_CAPABILITIES* capabilities);

    /// <summary>Makes the device ready with the resources of the request.</summary>
    protected abstract NTSTATUS Start(DeviceNode node);

    /// <summary>Makes the device give up its resources. Also before removal.</summary>
    protected abstract void Stop(DeviceNode node);

    /// <summary>IO_RESOURCE_REQUIREMENTS_LIST in paged pool, or null for none.</summary>
    protected abstract void* CreateRequirements(DeviceNode node);

    /// <summary>CM_RESOURCE_LIST of what firmware set up, in paged pool, or null for none.</summary>
    protected abstract void* CreateBootResources(DeviceNode node);

    /// <summary>Requests that only some buses know: query interface, read and write config.</summary>
    protected abstract NTSTATUS AnswerOther(DeviceNode node, IRP* irp, IO_STACK_LOCATION* location);

    private NTSTATUS AnswerPnp(DeviceNode node, IRP* irp)
    {
        IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
        switch (location->MinorFunction)
        {
            case IRP_MN_START_DEVICE:
                return Start(node);
            case IRP_MN_STOP_DEVICE:
            case IRP_MN_REMOVE_DEVICE:
                Stop(node);
                return STATUS_SUCCESS;
            case IRP_MN_QUERY_STOP_DEVICE:
            case IRP_MN_QUERY_REMOVE_DEVICE:
                return node.SpecialFiles > 0 ? STATUS_DEVICE_BUSY : STATUS_SUCCESS;
            case IRP_MN_CANCEL_STOP_DEVICE:
            case IRP_MN_CANCEL_REMOVE_DEVICE:
            case IRP_MN_SURPRISE_REMOVAL:
                return STATUS_SUCCESS;
            case IRP_MN_QUERY_ID:
                return Return(irp, IdOf(node, location->Parameters.QueryId.IdType));
            case IRP_MN_QUERY_DEVICE_TEXT:
                return Return(irp, TextOf(node, location->Parameters.QueryDeviceText.DeviceTextType));
            case IRP_MN_QUERY_BUS_INFORMATION:
                return AnswerBusInformation(node, irp);
            case IRP_MN_QUERY_CAPABILITIES:
                return AnswerCapabilities(node, location->Parameters.DeviceCapabilities.Capabilities);
            case IRP_MN_QUERY_RESOURCES:
                return Return(irp, CreateBootResources(node));
            case IRP_MN_QUERY_RESOURCE_REQUIREMENTS:
                return Return(irp, CreateRequirements(node));
            case IRP_MN_QUERY_DEVICE_RELATIONS:
                return AnswerRelations(node, irp, location->Parameters.QueryDeviceRelations.Type);
            case IRP_MN_QUERY_PNP_DEVICE_STATE:
                return STATUS_SUCCESS;
            case IRP_MN_DEVICE_USAGE_NOTIFICATION:
                node.SpecialFiles += location->Parameters.UsageNotification.InPath ? 1 : -1;
                return STATUS_SUCCESS;
            default:
                return AnswerOther(node, irp, location);
        }
    }

    // An identifier that does not exist leaves the status as it came, which is STATUS_NOT_SUPPORTED.
    private static NTSTATUS Return(IRP* irp, string? text)
    {
        if (text == null)
            return irp->IoStatus.Status;
        return Return(irp, PoolBuffer.Copy(text));
    }

    private static NTSTATUS Return(IRP* irp, void* information)
    {
        if (information == null)
            return irp->IoStatus.Status;
        irp->IoStatus.Information = (nuint)information;
        return STATUS_SUCCESS;
    }

    private string? TextOf(DeviceNode node, DEVICE_TEXT_TYPE type) => type switch
    {
        DEVICE_TEXT_TYPE.DeviceTextDescription => DescriptionOf(node),
        DEVICE_TEXT_TYPE.DeviceTextLocationInformation => LocationOf(node),
        _ => null,
    };

    private NTSTATUS AnswerBusInformation(DeviceNode node, IRP* irp)
    {
        BusInformation bus = BusOf(node);
        var information = (PNP_BUS_INFORMATION*)PoolBuffer.Allocate(sizeof(PNP_BUS_INFORMATION));
        information->BusTypeGuid = bus.BusType;
        information->LegacyBusType = bus.LegacyType;
        information->BusNumber = bus.Number;
        return Return(irp, information);
    }

    private NTSTATUS AnswerCapabilities(DeviceNode node, DEVICE_CAPABILITIES* capabilities)
    {
        PointerCheck.Follow<DEVICE_CAPABILITIES>(capabilities, "Parameters.DeviceCapabilities.Capabilities");
        if (capabilities->Version != 1 || capabilities->Size < sizeof(DEVICE_CAPABILITIES))
            return STATUS_UNSUCCESSFUL;
        FillCapabilities(node, capabilities);
        return STATUS_SUCCESS;
    }

    // WDK: IRP_MN_QUERY_DEVICE_RELATIONS. TargetDeviceRelation is one referenced pointer, to the physical device
    // object.
    private static NTSTATUS AnswerRelations(DeviceNode node, IRP* irp, DEVICE_RELATION_TYPE type)
    {
        if (type != DEVICE_RELATION_TYPE.TargetDeviceRelation)
            return irp->IoStatus.Status;
        var relations = (DEVICE_RELATIONS*)PoolBuffer.Allocate(sizeof(DEVICE_RELATIONS));
        Ntoskrnl.ObfReferenceObject(node.PhysicalDevice);
        relations->Count = 1;
        relations->Objects = node.PhysicalDevice;
        return Return(irp, relations);
    }
}
