namespace Hil.Kernel;

// WNODE_SINGLE_INSTANCE and, with a number before the data's offset, WNODE_SINGLE_ITEM and WNODE_METHOD_ITEM: behind
// the fixed part the name, counted, then on the next multiple of 8 the data.

/// <summary>A request about one instance, as it is written for each provider that may have it.</summary>
/// <param name="access">What the data block object must have been opened for.</param>
internal sealed unsafe class InstanceNode(byte minor, uint flags, uint access)
{
    public byte Minor { get; } = minor;

    public uint Access { get; } = access;

    /// <summary>Number of a method or of a data item; null for the whole instance.</summary>
    public uint? Item { get; init; }

    public uint Version { get; init; }

    public byte* Data { get; init; }

    public uint DataBytes { get; init; }

    /// <summary>Bytes of output that there is to be room for.</summary>
    public uint Room { get; init; }

    private uint NameOffset => Item == null ? (uint)sizeof(WNODE_SINGLE_INSTANCE) : Wnode.ItemBytes;

    public uint BytesFor(string name) => Math.Max(DataOffset(name) + Math.Max(DataBytes, Room), 512);

    public void Write(WmiRequest request, WmiBlock block, string name, uint index)
    {
        uint dataOffset = DataOffset(name);
        Ntoskrnl.WriteHeader(request, block, flags, (int)(dataOffset + DataBytes));
        request.Header->Version = Version;
        var node = (WNODE_SINGLE_INSTANCE*)request.Buffer;
        node->OffsetInstanceName = NameOffset;
        node->InstanceIndex = index;
        if (Item is uint item)
        {
            var withItem = (WNODE_METHOD_ITEM*)request.Buffer;
            withItem->MethodId = item;
            withItem->DataBlockOffset = dataOffset;
            withItem->SizeDataBlock = DataBytes;
        }
        else
        {
            node->DataBlockOffset = dataOffset;
            node->SizeDataBlock = DataBytes;
        }
        CountedText.Write(request.Buffer + NameOffset, name);
        Buffer.MemoryCopy(Data, request.Buffer + dataOffset, DataBytes, DataBytes);
    }

    private uint DataOffset(string name) => Wnode.Align8(NameOffset + CountedText.BytesOf(name));
}
