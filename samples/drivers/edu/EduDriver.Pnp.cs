namespace Hil.Samples.Edu;

/// <content>The hardware resources, and the PnP requests that give and take them.</content>
public sealed unsafe partial class EduDriver
{
    private static NTSTATUS MapRegistersOf(EduDevice* edu, CM_RESOURCE_LIST* translated)
    {
        if (translated == null)
            return STATUS_DEVICE_CONFIGURATION_ERROR;
        CM_PARTIAL_RESOURCE_DESCRIPTOR* memory = FindRegisters(&translated->List.PartialResourceList);
        if (memory == null)
            return STATUS_DEVICE_CONFIGURATION_ERROR;

        edu->Registers = (byte*)MmMapIoSpace(
            memory->u.Memory.Start, EduRegisters.Length, MEMORY_CACHING_TYPE.MmNonCached);
        if (edu->Registers == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        return Read(edu, EduRegisters.Identification) == EduRegisters.Revision1
            ? STATUS_SUCCESS
            : STATUS_NO_SUCH_DEVICE;
    }

    private static CM_PARTIAL_RESOURCE_DESCRIPTOR* FindRegisters(CM_PARTIAL_RESOURCE_LIST* list)
    {
        CM_PARTIAL_RESOURCE_DESCRIPTOR* descriptors = &list->PartialDescriptors;
        for (uint i = 0; i < list->Count; i++)
        {
            if (descriptors[i].Type == CmResourceTypeMemory && descriptors[i].u.Memory.Length >= EduRegisters.Length)
                return &descriptors[i];
        }
        return null;
    }

    private static NTSTATUS GetDmaAdapter(EduDevice* edu)
    {
        edu->Description = new DEVICE_DESCRIPTION
        {
            Version = DEVICE_DESCRIPTION_VERSION3,
            Master = true,
            ScatterGather = true, // a transfer may come in pieces, so none needs copying to be contiguous
            InterfaceType = INTERFACE_TYPE.PCIBus,
            MaximumLength = EduRegisters.BufferLength,
            DmaAddressWidth = EduRegisters.DmaAddressBits,
        };
        uint mapRegisters = 0;
        edu->DmaAdapter = IoGetDmaAdapter(edu->Physical, &edu->Description, &mapRegisters);
        return edu->DmaAdapter != null && mapRegisters >= MapRegisters ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }

    private NTSTATUS ConnectInterrupt(EduDevice* edu)
    {
        IO_CONNECT_INTERRUPT_PARAMETERS parameters = default;
        parameters.Version = CONNECT_MESSAGE_BASED;
        parameters.MessageBased.PhysicalDeviceObject = edu->Physical;
        parameters.MessageBased.ConnectionContext.Generic = &edu->Interrupt;
        parameters.MessageBased.MessageServiceRoutine = MessageServiceRoutine(MessageInterrupt);
        parameters.MessageBased.FallBackServiceRoutine = ServiceRoutine(LineInterrupt);
        parameters.MessageBased.ServiceContext = edu;

        NTSTATUS status = IoConnectInterruptEx(&parameters);
        if (!NT_SUCCESS(status))
        {
            edu->Interrupt = null;
            return status;
        }
        edu->InterruptVersion = parameters.Version;
        edu->Messages = parameters.Version == CONNECT_MESSAGE_BASED
            ? ((IO_INTERRUPT_MESSAGE_INFO*)edu->Interrupt)->MessageCount
            : 0;
        return STATUS_SUCCESS;
    }

    private NTSTATUS AcquireHardware(EduDevice* edu, CM_RESOURCE_LIST* translated)
    {
        NTSTATUS status = MapRegistersOf(edu, translated);
        if (NT_SUCCESS(status))
            status = GetDmaAdapter(edu);
        if (NT_SUCCESS(status))
        {
            Write(edu, EduRegisters.InterruptAcknowledge, uint.MaxValue); // nobody would, if something were left over
            status = ConnectInterrupt(edu);
        }
        if (!NT_SUCCESS(status))
            ReleaseHardware(edu);
        return status;
    }

    private static void ReleaseHardware(EduDevice* edu)
    {
        if (edu->Interrupt != null)
        {
            IO_DISCONNECT_INTERRUPT_PARAMETERS parameters = default;
            parameters.Version = edu->InterruptVersion;
            parameters.ConnectionContext.Generic = edu->Interrupt;
            IoDisconnectInterruptEx(&parameters);
            edu->Interrupt = null;
        }
        KeCancelTimer(&edu->Timer);
        KeFlushQueuedDpcs(); // after this neither Dpc nor Timeout runs
        edu->IsTimerArmed = false;

        if (edu->DmaAdapter != null)
        {
            HalPutDmaAdapter(edu->DmaAdapter);
            edu->DmaAdapter = null;
        }
        if (edu->Registers != null)
        {
            MmUnmapIoSpace(edu->Registers, EduRegisters.Length);
            edu->Registers = null;
        }
    }

    private NTSTATUS DispatchPnp(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        EduDevice* edu = DeviceOf(deviceObject);
        NTSTATUS status = IoAcquireRemoveLock(&edu->RemoveLock, irp);
        if (!NT_SUCCESS(status))
            return Complete(irp, status, 0);
        if (IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_REMOVE_DEVICE)
            return RemoveDevice(edu, irp);

        status = Pnp(edu, irp);
        IoReleaseRemoveLock(&edu->RemoveLock, irp);
        return status;
    }

    private NTSTATUS Pnp(EduDevice* edu, IRP* irp)
    {
        switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction)
        {
            case IRP_MN_START_DEVICE:
                return StartDevice(edu, irp);
            case IRP_MN_QUERY_STOP_DEVICE:
            case IRP_MN_QUERY_REMOVE_DEVICE:
                Hold(edu);
                irp->IoStatus.Status = STATUS_SUCCESS;
                return PassDown(edu, irp);
            case IRP_MN_CANCEL_STOP_DEVICE:
            case IRP_MN_CANCEL_REMOVE_DEVICE:
                return CancelStopOrRemove(edu, irp);
            case IRP_MN_STOP_DEVICE:
                return StopDevice(edu, irp);
            case IRP_MN_SURPRISE_REMOVAL:
                return SurpriseRemoval(edu, irp);
            default:
                return PassDown(edu, irp);
        }
    }

    private static NTSTATUS ForwardAndWait(EduDevice* edu, IRP* irp) =>
        IoForwardIrpSynchronously(edu->Lower, irp) ? irp->IoStatus.Status : STATUS_UNSUCCESSFUL;

    // The bus driver starts the device first; only then may it be touched.
    private NTSTATUS StartDevice(EduDevice* edu, IRP* irp)
    {
        CM_RESOURCE_LIST* translated =
            IoGetCurrentIrpStackLocation(irp)->Parameters.StartDevice.AllocatedResourcesTranslated;
        NTSTATUS status = ForwardAndWait(edu, irp);
        if (NT_SUCCESS(status))
            status = AcquireHardware(edu, translated);
        if (NT_SUCCESS(status))
        {
            edu->IsStarted = true;
            Resume(edu);
            IoSetDeviceInterfaceState(&edu->InterfaceName, true);
        }
        return Complete(irp, status, 0);
    }

    private NTSTATUS CancelStopOrRemove(EduDevice* edu, IRP* irp)
    {
        NTSTATUS status = ForwardAndWait(edu, irp);
        if (edu->IsStarted)
            Resume(edu);
        return Complete(irp, status, 0);
    }

    private static NTSTATUS StopDevice(EduDevice* edu, IRP* irp)
    {
        edu->IsStarted = false;
        ReleaseHardware(edu);
        irp->IoStatus.Status = STATUS_SUCCESS;
        return PassDown(edu, irp);
    }

    private static NTSTATUS SurpriseRemoval(EduDevice* edu, IRP* irp)
    {
        IoSetDeviceInterfaceState(&edu->InterfaceName, false);
        edu->IsStarted = false;
        FailAll(edu);
        ReleaseHardware(edu);
        irp->IoStatus.Status = STATUS_SUCCESS;
        return PassDown(edu, irp);
    }

    // Takes over the remove lock that DispatchPnp acquired.
    private static NTSTATUS RemoveDevice(EduDevice* edu, IRP* irp)
    {
        DEVICE_OBJECT* self = edu->Self;
        DEVICE_OBJECT* lower = edu->Lower;
        IoSetDeviceInterfaceState(&edu->InterfaceName, false);
        if (!edu->IsGone)
        {
            Hold(edu);
            FailAll(edu);
        }
        IoReleaseRemoveLockAndWait(&edu->RemoveLock, irp);
        ReleaseHardware(edu);

        irp->IoStatus.Status = STATUS_SUCCESS;
        NTSTATUS status = PassDown(edu, irp);
        RtlFreeUnicodeString(&edu->InterfaceName);
        IoDetachDevice(lower);
        IoDeleteDevice(self);
        return status;
    }
}
