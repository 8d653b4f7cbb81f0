namespace Hil.Kernel;

/// <summary>Makes a WNODE_XXX of what a driver's routine has written.</summary>
internal static unsafe class WmilibAnswer
{
    /// <summary>Of the lengths of all instances in WNODE_ALL_DATA, later OFFSETINSTANCEDATAANDLENGTH.</summary>
    public const uint LengthsOffset = 60;

    private const uint LengthEntryBytes = 8;

    public static uint DataOffset(uint instances) => Wnode.Align8(LengthsOffset + instances * LengthEntryBytes);

    /// <summary>What of a request must be there to be read.</summary>
    public static uint FixedBytes(byte minor) => minor switch
    {
        IRP_MN_QUERY_ALL_DATA => LengthsOffset,
        IRP_MN_QUERY_SINGLE_INSTANCE or IRP_MN_CHANGE_SINGLE_INSTANCE => (uint)sizeof(WNODE_SINGLE_INSTANCE),
        _ => Wnode.ItemBytes,
    };

    public static NTSTATUS Finish(IRP* irp, NTSTATUS status, uint used, out nuint information)
    {
        information = 0;
        IO_STACK_LOCATION* stack = IoGetCurrentIrpStackLocation(irp);
        uint bytes = stack->Parameters.WMI.BufferSize;
        var header = (WNODE_HEADER*)stack->Parameters.WMI.Buffer;
        DriverMemory.RequireWritable(header, bytes, nameof(Wmilib.WmiCompleteRequest));
        bool isTooSmall = status == STATUS_BUFFER_TOO_SMALL;
        if ((!isTooSmall && !status.IsSuccess) || !Wnode.HasRoomForTooSmall(bytes))
            return status;
        ulong needed = (ulong)OffsetIn(stack) + used;
        if (isTooSmall || needed > bytes)
        {
            Wnode.SayTooSmall(header, (uint)Math.Min(needed, uint.MaxValue));
            information = header->BufferSize;
            return STATUS_SUCCESS;
        }
        header->BufferSize = (uint)needed;
        Wmilib.Stamp(header);
        if (stack->MinorFunction == IRP_MN_QUERY_ALL_DATA)
            PlaceInstances((WNODE_ALL_DATA*)header);
        else if (stack->MinorFunction == IRP_MN_QUERY_SINGLE_INSTANCE)
            ((WNODE_SINGLE_INSTANCE*)header)->SizeDataBlock = used;
        else
            ((WNODE_METHOD_ITEM*)header)->SizeDataBlock = used;
        information = (nuint)needed;
        return status;
    }

    private static uint OffsetIn(IO_STACK_LOCATION* stack)
    {
        void* node = stack->Parameters.WMI.Buffer;
        return stack->MinorFunction switch
        {
            IRP_MN_QUERY_ALL_DATA => ((WNODE_ALL_DATA*)node)->DataBlockOffset,
            IRP_MN_QUERY_SINGLE_INSTANCE => ((WNODE_SINGLE_INSTANCE*)node)->DataBlockOffset,
            _ => ((WNODE_METHOD_ITEM*)node)->DataBlockOffset,
        };
    }

    // Each instance begins at a multiple of 8; its length takes the place where another's offset will stand.
    private static void PlaceInstances(WNODE_ALL_DATA* node)
    {
        uint offset = node->DataBlockOffset;
        uint count = Math.Min(node->InstanceCount, (offset - LengthsOffset) / LengthEntryBytes);
        uint* entries = (uint*)((byte*)node + LengthsOffset);
        uint[] lengths = new Span<uint>(entries, (int)count).ToArray();
        for (uint i = 0; i < count; i++)
        {
            entries[2 * i] = offset;
            entries[2 * i + 1] = lengths[i];
            offset = Wnode.Align8(offset + lengths[i]);
        }
    }
}
