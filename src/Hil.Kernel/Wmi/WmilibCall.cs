namespace Hil.Kernel;

/// <summary>A WMI request that WMILIB answers with a routine of the driver.</summary>
internal unsafe ref struct WmilibCall
{
    private const uint EventControl = 0; // WMIENABLEDISABLECONTROL
    private const uint DataBlockControl = 1;

    private readonly WMILIB_CONTEXT* _context;
    private readonly DEVICE_OBJECT* _device;
    private readonly IRP* _irp;
    private readonly byte _minor;
    private readonly byte* _buffer;
    private readonly uint _bytes;
    private DriverRoutine _routine;
    private uint _block;

    public WmilibCall(WMILIB_CONTEXT* context, DEVICE_OBJECT* device, IRP* irp)
    {
        IO_STACK_LOCATION* stack = IoGetCurrentIrpStackLocation(irp);
        _context = context;
        _device = device;
        _irp = irp;
        _minor = stack->MinorFunction;
        _buffer = (byte*)stack->Parameters.WMI.Buffer;
        _bytes = stack->Parameters.WMI.BufferSize;
    }

    public readonly bool HasRoutine => !_routine.IsNull;

    /// <summary>Tells WMI the driver's blocks. The driver is asked for what they have in common.</summary>
    public readonly NTSTATUS Register(out nuint information)
    {
        information = 0;
        using var answer = new WmilibRegistration(_context);
        NTSTATUS status = answer.Ask(_device);
        return status.IsSuccess ? answer.Write(_buffer, _bytes, _minor == IRP_MN_REGINFO_EX, out information) : status;
    }

    /// <summary>Finds the block, the instance and the driver's routine.</summary>
    /// <returns>A success without a routine is the answer.</returns>
    public NTSTATUS Prepare(out nuint information)
    {
        information = 0;
        if (!FindBlock())
            return STATUS_WMI_GUID_NOT_FOUND;
        _routine = Routine();
        if (_minor is IRP_MN_ENABLE_EVENTS or IRP_MN_DISABLE_EVENTS
            or IRP_MN_ENABLE_COLLECTION or IRP_MN_DISABLE_COLLECTION)
            return STATUS_SUCCESS;
        if (_bytes < WmilibAnswer.FixedBytes(_minor) || !Wnode.HasRoomForTooSmall(_bytes))
            return STATUS_INVALID_PARAMETER;
        DriverMemory.RequireWritable(_buffer, _bytes, nameof(Wmilib.WmiSystemControl));
        if (_minor != IRP_MN_QUERY_ALL_DATA && !IsInstance())
            return STATUS_WMI_INSTANCE_NOT_FOUND;
        return HasRoutine ? STATUS_SUCCESS
            : _minor is IRP_MN_CHANGE_SINGLE_INSTANCE or IRP_MN_CHANGE_SINGLE_ITEM ? STATUS_WMI_READ_ONLY
            : STATUS_INVALID_DEVICE_REQUEST;
    }

    public readonly NTSTATUS Run()
    {
        var node = (WNODE_SINGLE_INSTANCE*)_buffer;
        var item = (WNODE_METHOD_ITEM*)_buffer;
        return _minor switch
        {
            IRP_MN_QUERY_ALL_DATA => QueryAll(),
            IRP_MN_QUERY_SINGLE_INSTANCE => QueryOne(node),
            IRP_MN_CHANGE_SINGLE_INSTANCE => Call(
                node->InstanceIndex, node->SizeDataBlock, (ulong)(_buffer + node->DataBlockOffset)),
            IRP_MN_CHANGE_SINGLE_ITEM => Call(
                item->InstanceIndex, item->MethodId, item->SizeDataBlock, (ulong)(_buffer + item->DataBlockOffset)),
            IRP_MN_EXECUTE_METHOD => Call(
                item->InstanceIndex, item->MethodId, item->SizeDataBlock, Behind(item->DataBlockOffset),
                (ulong)(_buffer + item->DataBlockOffset)),
            _ => Call(
                _minor is IRP_MN_ENABLE_EVENTS or IRP_MN_DISABLE_EVENTS ? EventControl : DataBlockControl,
                _minor is IRP_MN_ENABLE_EVENTS or IRP_MN_ENABLE_COLLECTION ? 1u : 0),
        };
    }

    private bool FindBlock()
    {
        void* path = IoGetCurrentIrpStackLocation(_irp)->Parameters.WMI.DataPath;
        DriverMemory.RequireReadable(path, (nuint)sizeof(Guid), nameof(Wmilib.WmiSystemControl));
        DriverMemory.RequireReadable(
            _context->GuidList, _context->GuidCount * (nuint)sizeof(WMIGUIDREGINFO), nameof(Wmilib.WmiSystemControl));
        for (_block = 0; _block < _context->GuidCount; _block++)
        {
            if (*PointerCheck.Follow<Guid>(_context->GuidList[_block].Guid, "Guid") == *(Guid*)path)
                return true;
        }
        return false;
    }

    private readonly DriverRoutine Routine() => _minor switch
    {
        IRP_MN_QUERY_ALL_DATA or IRP_MN_QUERY_SINGLE_INSTANCE => _context->QueryWmiDataBlock,
        IRP_MN_CHANGE_SINGLE_INSTANCE => _context->SetWmiDataBlock,
        IRP_MN_CHANGE_SINGLE_ITEM => _context->SetWmiDataItem,
        IRP_MN_EXECUTE_METHOD => _context->ExecuteWmiMethod,
        _ => _context->WmiFunctionControl,
    };

    private readonly bool IsInstance() =>
        (((WNODE_HEADER*)_buffer)->Flags & Wnode.StaticNames) != 0
        && ((WNODE_SINGLE_INSTANCE*)_buffer)->InstanceIndex < _context->GuidList[_block].InstanceCount;

    // The routine leaves each instance's length in an array, which WmiCompleteRequest makes offsets and lengths of.
    private readonly NTSTATUS QueryAll()
    {
        var node = (WNODE_ALL_DATA*)_buffer;
        uint count = _context->GuidList[_block].InstanceCount;
        uint offset = WmilibAnswer.DataOffset(count);
        node->InstanceCount = count;
        node->DataBlockOffset = offset;
        if (offset > _bytes || offset < WmilibAnswer.LengthsOffset)
            return Call(0, count, 0, 0, 0);
        uint* lengths = (uint*)(_buffer + WmilibAnswer.LengthsOffset);
        new Span<uint>(lengths, (int)count).Clear();
        return Call(0, count, (ulong)lengths, _bytes - offset, (ulong)(_buffer + offset));
    }

    private readonly NTSTATUS QueryOne(WNODE_SINGLE_INSTANCE* node)
    {
        uint room = Behind(node->DataBlockOffset);
        node->SizeDataBlock = 0;
        return Call(
            node->InstanceIndex, 1, (ulong)&node->SizeDataBlock, room,
            room == 0 ? 0 : (ulong)(_buffer + node->DataBlockOffset));
    }

    private readonly uint Behind(uint offset) => offset < _bytes ? _bytes - offset : 0;

    private readonly NTSTATUS Call(params ReadOnlySpan<ulong> further) =>
        new((uint)NtKernel.Current.Processor.Call(_routine, [(ulong)_device, (ulong)_irp, _block, .. further]));
}
