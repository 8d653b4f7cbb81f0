namespace Hil.Kernel;

// Drivers as consumers of WMI. A data block object names a class; what is asked through it becomes one request to each
// device that has registered the class, with a WNODE_XXX in nonpaged memory, until the provider that has the instance
// answers. Instances that were registered with static names are named for the consumer by WMI, not by the driver.

public static unsafe partial class Ntoskrnl
{
    private const uint WmiGuidQuery = 1;
    private const uint WmiGuidSet = 2;
    private const uint WmiGuidNotification = 4;
    private const uint WmiGuidExecute = 0x10;
    private const uint DataBlockTag = 0x42_6D_57_49; // IWmB
    private const int DataBlockBodyBytes = 64; // Opaque to drivers.

    /// <summary>Opens a class of WMI data.</summary>
    /// <param name="desiredAccess">WMIGUID_QUERY, _SET, _NOTIFICATION, _EXECUTE: what the object may be used
    /// for.</param>
    /// <param name="dataBlockObject">Gets the object, which ObDereferenceObject closes.</param>
    /// <returns>STATUS_WMI_GUID_NOT_FOUND if no device has registered the class, unless it is opened for its events
    /// alone; STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: IoWMIOpenBlock.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoWMIOpenBlock(Guid* guid, uint desiredAccess, void** dataBlockObject)
    {
        NtKernel kernel = NtKernel.Current;
        *dataBlockObject = null;
        bool isForData = (desiredAccess & (WmiGuidQuery | WmiGuidSet | WmiGuidExecute)) != 0;
        if (isForData && kernel.Pnp.WmiProviders.Find(kernel, *guid).Count == 0)
            return STATUS_WMI_GUID_NOT_FOUND;
        void* body = kernel.Pool.Allocate(DataBlockBodyBytes, DataBlockTag, zero: true);
        if (body == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        kernel.Objects.Add(
            ObjectType.DataBlock, body, new WmiDataBlock(*guid, desiredAccess), deleted: CloseDataBlock);
        *dataBlockObject = body;
        return STATUS_SUCCESS;
    }

    /// <summary>Reads all instances of a class, of every device that provides it.</summary>
    /// <param name="inOutBufferSize">In bytes; gets what was stored, or what is needed.</param>
    /// <param name="outBuffer">Gets a WNODE_ALL_DATA for each device, one after the other; may be null.</param>
    /// <returns>STATUS_BUFFER_TOO_SMALL, STATUS_WMI_GUID_NOT_FOUND, STATUS_ACCESS_DENIED for an object that was not
    /// opened for queries; the last provider's status if none of them succeeds.</returns>
    /// <remarks>WDK: IoWMIQueryAllData.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoWMIQueryAllData(void* dataBlockObject, uint* inOutBufferSize, void* outBuffer)
    {
        var output = new WnodeOutput(inOutBufferSize, outBuffer);
        NTSTATUS status = QueryAll(dataBlockObject, output);
        return status.IsSuccess ? output.Finish() : status;
    }

    /// <summary>As IoWMIQueryAllData, of several classes.</summary>
    /// <remarks>WDK: IoWMIQueryAllDataMultiple.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoWMIQueryAllDataMultiple(
        void** dataBlockObjectList, uint objectCount, uint* inOutBufferSize, void* outBuffer)
    {
        var output = new WnodeOutput(inOutBufferSize, outBuffer);
        DriverMemory.RequireReadable(
            dataBlockObjectList, objectCount * (nuint)sizeof(nint), nameof(IoWMIQueryAllDataMultiple));
        for (uint i = 0; i < objectCount; i++)
        {
            NTSTATUS status = QueryAll(dataBlockObjectList[i], output);
            if (!status.IsSuccess)
                return status;
        }
        return output.Finish();
    }

    /// <summary>Reads one instance of a class.</summary>
    /// <param name="outBuffer">Gets a WNODE_SINGLE_INSTANCE; may be null.</param>
    /// <returns>STATUS_WMI_INSTANCE_NOT_FOUND, STATUS_WMI_GUID_NOT_FOUND, STATUS_BUFFER_TOO_SMALL,
    /// STATUS_ACCESS_DENIED; else the provider's status.</returns>
    /// <remarks>WDK: IoWMIQuerySingleInstance.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoWMIQuerySingleInstance(
        void* dataBlockObject, UNICODE_STRING* instanceName, uint* inOutBufferSize, void* outBuffer)
    {
        var output = new WnodeOutput(inOutBufferSize, outBuffer);
        NTSTATUS status = QueryOne(dataBlockObject, DriverString.Read(instanceName), output);
        return status.IsSuccess ? output.Finish() : status;
    }

    /// <summary>As IoWMIQuerySingleInstance, of several classes and instances.</summary>
    /// <remarks>WDK: IoWMIQuerySingleInstanceMultiple.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoWMIQuerySingleInstanceMultiple(
        void** dataBlockObjectList, UNICODE_STRING* instanceNames, uint objectCount, uint* inOutBufferSize,
        void* outBuffer)
    {
        var output = new WnodeOutput(inOutBufferSize, outBuffer);
        string export = nameof(IoWMIQuerySingleInstanceMultiple);
        DriverMemory.RequireReadable(dataBlockObjectList, objectCount * (nuint)sizeof(nint), export);
        DriverMemory.RequireReadable(instanceNames, objectCount * (nuint)sizeof(UNICODE_STRING), export);
        for (uint i = 0; i < objectCount; i++)
        {
            NTSTATUS status = QueryOne(dataBlockObjectList[i], DriverString.Read(instanceNames + i), output);
            if (!status.IsSuccess)
                return status;
        }
        return output.Finish();
    }

    /// <summary>Changes all data items of an instance.</summary>
    /// <returns>As IoWMIQuerySingleInstance.</returns>
    /// <remarks>WDK: IoWMISetSingleInstance.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoWMISetSingleInstance(
        void* dataBlockObject, UNICODE_STRING* instanceName, uint version, uint valueBufferSize, void* valueBuffer)
    {
        DriverMemory.RequireReadable(valueBuffer, valueBufferSize, nameof(IoWMISetSingleInstance));
        var node = new InstanceNode(IRP_MN_CHANGE_SINGLE_INSTANCE, Wnode.SingleInstance, WmiGuidSet)
        {
            Version = version,
            Data = (byte*)valueBuffer,
            DataBytes = valueBufferSize,
        };
        return AskInstance(dataBlockObject, DriverString.Read(instanceName), node, static (_, _) => STATUS_SUCCESS);
    }

    /// <summary>Changes one data item of an instance.</summary>
    /// <returns>As IoWMIQuerySingleInstance; STATUS_WMI_ITEMID_NOT_FOUND is the provider's to say.</returns>
    /// <remarks>WDK: IoWMISetSingleItem.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoWMISetSingleItem(
        void* dataBlockObject, UNICODE_STRING* instanceName, uint dataItemId, uint version, uint valueBufferSize,
        void* valueBuffer)
    {
        DriverMemory.RequireReadable(valueBuffer, valueBufferSize, nameof(IoWMISetSingleItem));
        var node = new InstanceNode(IRP_MN_CHANGE_SINGLE_ITEM, Wnode.SingleItem, WmiGuidSet)
        {
            Item = dataItemId,
            Version = version,
            Data = (byte*)valueBuffer,
            DataBytes = valueBufferSize,
        };
        return AskInstance(dataBlockObject, DriverString.Read(instanceName), node, static (_, _) => STATUS_SUCCESS);
    }

    /// <summary>Calls a method of an instance.</summary>
    /// <param name="inBufferSize">Bytes of input.</param>
    /// <param name="outBufferSize">Bytes of output that there is room for; gets what was stored, or is needed.</param>
    /// <param name="inOutBuffer">Input, then output; may be null without either.</param>
    /// <returns>As IoWMIQuerySingleInstance; STATUS_WMI_ITEMID_NOT_FOUND is the provider's to say.</returns>
    /// <remarks>WDK: IoWMIExecuteMethod.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoWMIExecuteMethod(
        void* dataBlockObject, UNICODE_STRING* instanceName, uint methodId, uint inBufferSize, uint* outBufferSize,
        byte* inOutBuffer)
    {
        DriverMemory.RequireReadable(inOutBuffer, inBufferSize, nameof(IoWMIExecuteMethod));
        var node = new InstanceNode(IRP_MN_EXECUTE_METHOD, Wnode.MethodItem, WmiGuidExecute)
        {
            Item = methodId,
            Data = inOutBuffer,
            DataBytes = inBufferSize,
            Room = *outBufferSize,
        };
        return AskInstance(dataBlockObject, DriverString.Read(instanceName), node, (request, _) =>
        {
            var answer = (WNODE_METHOD_ITEM*)request.Buffer;
            uint room = *outBufferSize;
            *outBufferSize = answer->SizeDataBlock;
            if (answer->SizeDataBlock > room)
                return STATUS_BUFFER_TOO_SMALL;
            if (answer->DataBlockOffset > request.Bytes
                || answer->SizeDataBlock > request.Bytes - answer->DataBlockOffset)
                return STATUS_INVALID_PARAMETER;
            DriverMemory.RequireWritable(inOutBuffer, answer->SizeDataBlock, nameof(IoWMIExecuteMethod));
            Buffer.MemoryCopy(
                request.Buffer + answer->DataBlockOffset, inOutBuffer, answer->SizeDataBlock, answer->SizeDataBlock);
            return STATUS_SUCCESS;
        });
    }

    private static NTSTATUS QueryAll(void* dataBlockObject, WnodeOutput output)
    {
        NtKernel kernel = NtKernel.Current;
        NTSTATUS status = ProvidersOf(dataBlockObject, WmiGuidQuery, out List<WmiBlock> blocks);
        bool isAnyRead = false;
        foreach (WmiBlock block in blocks)
        {
            using var request = new WmiRequest(kernel, PAGE_SIZE);
            status = request.Send(
                block, IRP_MN_QUERY_ALL_DATA,
                asked => WriteHeader(asked, block, Wnode.AllData, sizeof(WNODE_ALL_DATA)));
            if (!status.IsSuccess)
                continue;
            isAnyRead = true;
            output.AddAll(request, block);
        }
        return isAnyRead ? STATUS_SUCCESS : status;
    }

    private static NTSTATUS QueryOne(void* dataBlockObject, string name, WnodeOutput output) =>
        AskInstance(
            dataBlockObject, name, new InstanceNode(IRP_MN_QUERY_SINGLE_INSTANCE, Wnode.SingleInstance, WmiGuidQuery),
            (request, _) =>
            {
                request.Header->Flags &= ~Wnode.StaticNames; // The name is in the node.
                output.Add(request.Buffer, Math.Min(request.Header->BufferSize, request.Bytes));
                return STATUS_SUCCESS;
            });

    private static NTSTATUS AskInstance(
        void* dataBlockObject, string name, InstanceNode node, Func<WmiRequest, WmiBlock, NTSTATUS> take)
    {
        NTSTATUS status = ProvidersOf(dataBlockObject, node.Access, out List<WmiBlock> blocks);
        if (!status.IsSuccess)
            return status;
        status = STATUS_WMI_INSTANCE_NOT_FOUND;
        foreach (WmiBlock block in blocks)
        {
            int index = block.IndexOf(name);
            if (index < 0)
                continue;
            using var request = new WmiRequest(NtKernel.Current, node.BytesFor(name));
            status = request.Send(block, node.Minor, asked => node.Write(asked, block, name, (uint)index));
            if (status.IsSuccess)
                return take(request, block);
            if (status != STATUS_WMI_INSTANCE_NOT_FOUND && status != STATUS_WMI_GUID_NOT_FOUND)
                return status;
        }
        return status;
    }

    private static NTSTATUS ProvidersOf(void* dataBlockObject, uint access, out List<WmiBlock> blocks)
    {
        NtKernel kernel = NtKernel.Current;
        blocks = [];
        if (kernel.Objects.Require(dataBlockObject).Payload is not WmiDataBlock opened)
            return STATUS_OBJECT_TYPE_MISMATCH;
        if ((opened.Access & access) != access)
            return STATUS_ACCESS_DENIED;
        blocks = kernel.Pnp.WmiProviders.Find(kernel, opened.Guid);
        return blocks.Count == 0 ? STATUS_WMI_GUID_NOT_FOUND : STATUS_SUCCESS;
    }

    internal static void WriteHeader(WmiRequest request, WmiBlock block, uint flags, int bytes)
    {
        *request.Header = new WNODE_HEADER
        {
            BufferSize = (uint)bytes,
            ProviderId = NtKernel.Current.Pnp.WmiProviders.IdOf(block.DeviceObject),
            Guid = block.Guid,
            Flags = flags | (block.Names == null ? 0 : Wnode.StaticNames),
        };
        request.Header->TimeStamp.QuadPart = NtKernel.Current.Clock.SystemTime;
    }

    private static void CloseDataBlock(KernelObject gone)
    {
        NtKernel kernel = NtKernel.Current;
        var opened = (WmiDataBlock)gone.Payload!;
        if (kernel.Pnp.WmiProviders.EndListening(opened))
            EnableEvents(opened.Guid, IRP_MN_DISABLE_EVENTS);
        kernel.Pool.Free((void*)gone.Address);
    }

    private static void EnableEvents(Guid guid, byte minor)
    {
        NtKernel kernel = NtKernel.Current;
        foreach (WmiBlock block in kernel.Pnp.WmiProviders.Find(kernel, guid))
        {
            using var request = new WmiRequest(kernel, (uint)sizeof(WNODE_HEADER));
            if (request.Buffer != null)
                request.Send(
                    block, minor, asked => WriteHeader(asked, block, 0, sizeof(WNODE_HEADER)));
        }
    }
}
