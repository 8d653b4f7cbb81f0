namespace Hil.Kernel;

/// <summary>Everything wmilib.sys exports: the library that most drivers answer IRP_MJ_SYSTEM_CONTROL with.</summary>
/// <remarks>A driver describes its data blocks in a WMILIB_CONTEXT. The library finds the block and the instance that
/// a request is about and calls the driver's routine for it, which ends the request with WmiCompleteRequest, at once or
/// later.</remarks>
public static unsafe partial class Wmilib
{
    private const int IrpProcessed = 0; // SYSCTL_IRP_DISPOSITION
    private const int IrpNotCompleted = 1;
    private const int IrpNotWmi = 2;
    private const int IrpForward = 3;
    private const uint EventTag = 0x45_6D_57_49; // IWmE

    /// <summary>Answers a WMI request, or says whose it is.</summary>
    /// <param name="irpDisposition">Gets what is left to do: nothing, to complete the request, or to pass it
    /// on.</param>
    /// <returns>The driver's routine's status; STATUS_WMI_GUID_NOT_FOUND, STATUS_WMI_INSTANCE_NOT_FOUND,
    /// STATUS_WMI_READ_ONLY; STATUS_INVALID_DEVICE_REQUEST for a request that is not the library's, and for methods of
    /// a driver that has none.</returns>
    /// <remarks>WDK: WmiSystemControl.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS WmiSystemControl(
        WMILIB_CONTEXT* wmiLibInfo, DEVICE_OBJECT* deviceObject, IRP* irp, int* irpDisposition)
    {
        IO_STACK_LOCATION* stack = IoGetCurrentIrpStackLocation(irp);
        if (!IsWmi(stack->MinorFunction))
        {
            *irpDisposition = IrpNotWmi;
            return STATUS_INVALID_DEVICE_REQUEST;
        }
        if (stack->Parameters.WMI.ProviderId != (nuint)deviceObject)
        {
            *irpDisposition = IrpForward;
            return STATUS_INVALID_DEVICE_REQUEST;
        }
        *irpDisposition = IrpProcessed;
        var call = new WmilibCall(wmiLibInfo, deviceObject, irp);
        NTSTATUS status = stack->MinorFunction is IRP_MN_REGINFO or IRP_MN_REGINFO_EX
            ? call.Register(out nuint information)
            : call.Prepare(out information);
        if (status.IsSuccess && call.HasRoutine)
            return call.Run();
        *irpDisposition = IrpNotCompleted;
        irp->IoStatus.Status = status;
        irp->IoStatus.Information = information;
        return status;
    }

    /// <summary>Ends a request that a routine of the driver was called for.</summary>
    /// <param name="bufferUsed">Bytes that the routine has written, or would need.</param>
    /// <returns>The status; STATUS_SUCCESS for STATUS_BUFFER_TOO_SMALL, which the requester is told by a
    /// WNODE_TOO_SMALL.</returns>
    /// <remarks>WDK: WmiCompleteRequest.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS WmiCompleteRequest(
        DEVICE_OBJECT* deviceObject, IRP* irp, NTSTATUS status, uint bufferUsed, sbyte priorityBoost)
    {
        nuint information = 0;
        if (IoGetCurrentIrpStackLocation(irp)->MinorFunction
            is IRP_MN_QUERY_ALL_DATA or IRP_MN_QUERY_SINGLE_INSTANCE or IRP_MN_EXECUTE_METHOD)
            status = WmilibAnswer.Finish(irp, status, bufferUsed, out information);
        irp->IoStatus.Status = status;
        irp->IoStatus.Information = information;
        Ntoskrnl.IofCompleteRequest(irp, priorityBoost);
        return status;
    }

    /// <summary>Fires an event of a data block's instance.</summary>
    /// <param name="eventData">Nonpaged pool, which is freed; null for none.</param>
    /// <returns>STATUS_INSUFFICIENT_RESOURCES; else as IoWMIWriteEvent.</returns>
    /// <remarks>WDK: WmiFireEvent.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS WmiFireEvent(
        DEVICE_OBJECT* deviceObject, Guid* guid, uint instanceIndex, uint eventDataSize, void* eventData)
    {
        uint bytes = eventData == null ? 0 : eventDataSize;
        uint offset = (uint)sizeof(WNODE_SINGLE_INSTANCE);
        DriverMemory.RequireReadable(eventData, bytes, nameof(WmiFireEvent));
        var node = (WNODE_SINGLE_INSTANCE*)NtKernel.Current.Pool.Allocate(offset + (nuint)bytes, EventTag, zero: true);
        NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
        if (node != null)
        {
            node->WnodeHeader.BufferSize = offset + bytes;
            node->WnodeHeader.ProviderId = Ntoskrnl.IoWMIDeviceObjectToProviderId(deviceObject);
            node->WnodeHeader.Guid = *guid;
            node->WnodeHeader.Flags = Wnode.SingleInstance | Wnode.EventItem | Wnode.StaticNames;
            node->InstanceIndex = instanceIndex;
            node->DataBlockOffset = offset;
            node->SizeDataBlock = bytes;
            Stamp(&node->WnodeHeader);
            Buffer.MemoryCopy(eventData, (byte*)node + offset, bytes, bytes);
            status = Ntoskrnl.IoWMIWriteEvent(node);
            if (!status.IsSuccess)
                Ntoskrnl.ExFreePool(node);
        }
        if (eventData != null)
            Ntoskrnl.ExFreePool(eventData);
        return status;
    }

    internal static void Stamp(WNODE_HEADER* header)
    {
        long now;
        Ntoskrnl.KeQuerySystemTime(&now);
        header->TimeStamp.QuadPart = now;
    }

    private static bool IsWmi(byte minor) => minor is <= IRP_MN_EXECUTE_METHOD or IRP_MN_REGINFO_EX;
}
