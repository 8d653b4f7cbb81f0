/* The hardware resources, and the PnP requests that give and take them. */

#include "edu.h"

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, EduPnp)
#endif

/* ---- Hardware resources ---- */

static NTSTATUS EduMapRegisters(PEDU_DEVICE edu, PCM_RESOURCE_LIST translated)
{
    PCM_PARTIAL_RESOURCE_LIST list;
    ULONG i;

    if (translated == NULL)
        return STATUS_DEVICE_CONFIGURATION_ERROR;

    list = &translated->List[0].PartialResourceList;
    for (i = 0; i < list->Count; i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR resource = &list->PartialDescriptors[i];
        if (resource->Type == CmResourceTypeMemory && resource->u.Memory.Length >= EDU_REGISTERS_LENGTH) {
            edu->Registers = MmMapIoSpace(resource->u.Memory.Start, EDU_REGISTERS_LENGTH, MmNonCached);
            break;
        }
    }
    if (i == list->Count)
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    if (edu->Registers == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    return EduRead(edu, EDU_IDENTIFICATION) == EDU_ID_REVISION_1 ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
}

static NTSTATUS EduGetDmaAdapter(PEDU_DEVICE edu)
{
    EDU_DEVICE_DESCRIPTION description;
    ULONG mapRegisters = 0;

    RtlZeroMemory(&description, sizeof(description));
    description.Version = DEVICE_DESCRIPTION_VERSION3;
    description.Master = TRUE;
    description.ScatterGather = TRUE; /* a transfer may come in pieces, so none needs copying to be contiguous */
    description.InterfaceType = PCIBus;
    description.MaximumLength = EDU_BUFFER_LENGTH;
    description.DmaAddressWidth = EDU_DMA_ADDRESS_BITS;

    edu->DmaAdapter = IoGetDmaAdapter(edu->Physical, (PDEVICE_DESCRIPTION)&description, &mapRegisters);
    return edu->DmaAdapter != NULL && mapRegisters >= EDU_MAP_REGISTERS ? STATUS_SUCCESS
                                                                        : STATUS_INSUFFICIENT_RESOURCES;
}

/* Connects to the message if the device was granted one, otherwise to its line: IoConnectInterruptEx falls back. */
static NTSTATUS EduConnectInterrupt(PEDU_DEVICE edu)
{
    IO_CONNECT_INTERRUPT_PARAMETERS parameters;
    NTSTATUS status;

    RtlZeroMemory(&parameters, sizeof(parameters));
    parameters.Version = CONNECT_MESSAGE_BASED;
    parameters.MessageBased.PhysicalDeviceObject = edu->Physical;
    parameters.MessageBased.ConnectionContext.Generic = &edu->Interrupt;
    parameters.MessageBased.MessageServiceRoutine = EduMessageInterrupt;
    parameters.MessageBased.FallBackServiceRoutine = EduLineInterrupt;
    parameters.MessageBased.ServiceContext = edu;

    status = IoConnectInterruptEx(&parameters);
    if (!NT_SUCCESS(status)) {
        edu->Interrupt = NULL;
        return status;
    }
    edu->InterruptVersion = parameters.Version;
    edu->Messages = parameters.Version == CONNECT_MESSAGE_BASED
                        ? ((PIO_INTERRUPT_MESSAGE_INFO)edu->Interrupt)->MessageCount
                        : 0;
    return STATUS_SUCCESS;
}

static VOID EduReleaseHardware(PEDU_DEVICE edu)
{
    if (edu->Interrupt != NULL) {
        IO_DISCONNECT_INTERRUPT_PARAMETERS parameters;
        RtlZeroMemory(&parameters, sizeof(parameters));
        parameters.Version = edu->InterruptVersion;
        parameters.ConnectionContext.Generic = edu->Interrupt;
        IoDisconnectInterruptEx(&parameters);
        edu->Interrupt = NULL;
    }
    KeCancelTimer(&edu->Timer);
    KeFlushQueuedDpcs(); /* after this neither EduDpc nor EduTimeout runs */
    edu->TimerArmed = FALSE;

    if (edu->DmaAdapter != NULL) {
        edu->DmaAdapter->DmaOperations->PutDmaAdapter(edu->DmaAdapter);
        edu->DmaAdapter = NULL;
    }
    if (edu->Registers != NULL) {
        MmUnmapIoSpace(edu->Registers, EDU_REGISTERS_LENGTH);
        edu->Registers = NULL;
    }
}

static NTSTATUS EduAcquireHardware(PEDU_DEVICE edu, PCM_RESOURCE_LIST translated)
{
    NTSTATUS status = EduMapRegisters(edu, translated);

    if (NT_SUCCESS(status))
        status = EduGetDmaAdapter(edu);
    if (NT_SUCCESS(status)) {
        EduWrite(edu, EDU_INTERRUPT_ACKNOWLEDGE, ~0u); /* nobody would, if something were left over */
        status = EduConnectInterrupt(edu);
    }
    if (!NT_SUCCESS(status))
        EduReleaseHardware(edu);
    return status;
}

/* ---- IRP_MJ_PNP ---- */

static NTSTATUS EduForwardAndWait(PEDU_DEVICE edu, PIRP irp)
{
    return IoForwardIrpSynchronously(edu->Lower, irp) ? irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
}

/* The bus driver starts the device first; only then may it be touched. */
static NTSTATUS EduStartDevice(PEDU_DEVICE edu, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = EduForwardAndWait(edu, irp);

    if (NT_SUCCESS(status))
        status = EduAcquireHardware(edu, stack->Parameters.StartDevice.AllocatedResourcesTranslated);
    if (NT_SUCCESS(status)) {
        DbgPrint("edu: started, %s\n", edu->Messages != 0 ? "message interrupt" : "line interrupt");
        edu->Started = TRUE;
        EduResume(edu);
        IoSetDeviceInterfaceState(&edu->InterfaceName, TRUE);
    }
    return EduComplete(irp, status, 0);
}

static NTSTATUS EduCancelStopOrRemove(PEDU_DEVICE edu, PIRP irp)
{
    NTSTATUS status = EduForwardAndWait(edu, irp);

    if (edu->Started)
        EduResume(edu);
    return EduComplete(irp, status, 0);
}

static NTSTATUS EduStopDevice(PEDU_DEVICE edu, PIRP irp)
{
    edu->Started = FALSE;
    EduReleaseHardware(edu);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return EduPassDown(edu, irp);
}

static NTSTATUS EduSurpriseRemoval(PEDU_DEVICE edu, PIRP irp)
{
    IoSetDeviceInterfaceState(&edu->InterfaceName, FALSE);
    edu->Started = FALSE;
    EduFailAll(edu);
    EduReleaseHardware(edu);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return EduPassDown(edu, irp);
}

/* Takes over the remove lock that EduPnp acquired. */
static NTSTATUS EduRemoveDevice(PEDU_DEVICE edu, PIRP irp)
{
    PDEVICE_OBJECT self = edu->Self;
    PDEVICE_OBJECT lower = edu->Lower;
    NTSTATUS status;

    IoSetDeviceInterfaceState(&edu->InterfaceName, FALSE);
    if (!edu->Gone) {
        EduHold(edu);
        EduFailAll(edu);
    }
    IoReleaseRemoveLockAndWait(&edu->RemoveLock, irp);
    EduReleaseHardware(edu);

    irp->IoStatus.Status = STATUS_SUCCESS;
    status = EduPassDown(edu, irp);
    RtlFreeUnicodeString(&edu->InterfaceName);
    IoDetachDevice(lower);
    IoDeleteDevice(self);
    return status;
}

static NTSTATUS EduPnpLocked(PEDU_DEVICE edu, PIRP irp)
{
    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return EduStartDevice(edu, irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
        EduHold(edu);
        irp->IoStatus.Status = STATUS_SUCCESS;
        return EduPassDown(edu, irp);
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        return EduCancelStopOrRemove(edu, irp);
    case IRP_MN_STOP_DEVICE:
        return EduStopDevice(edu, irp);
    case IRP_MN_SURPRISE_REMOVAL:
        return EduSurpriseRemoval(edu, irp);
    default:
        return EduPassDown(edu, irp);
    }
}

NTSTATUS EduPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEDU_DEVICE edu = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&edu->RemoveLock, Irp);

    PAGED_CODE();
    if (!NT_SUCCESS(status))
        return EduComplete(Irp, status, 0);
    if (IoGetCurrentIrpStackLocation(Irp)->MinorFunction == IRP_MN_REMOVE_DEVICE)
        return EduRemoveDevice(edu, Irp);

    status = EduPnpLocked(edu, Irp);
    IoReleaseRemoveLock(&edu->RemoveLock, Irp);
    return status;
}
