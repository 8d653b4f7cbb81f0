namespace Hil.Kernel;

/// <summary>Collects WNODE_XXX structures for a consumer, each linked to the next.</summary>
/// <param name="size">In bytes what there is room for; gets what was stored, or is needed.</param>
internal sealed unsafe class WnodeOutput(uint* size, void* buffer)
{
    private readonly uint _room = buffer == null ? 0 : *size;
    private readonly List<byte[]> _nodes = [];

    public void Add(byte* node, uint bytes) => _nodes.Add(new Span<byte>(node, (int)bytes).ToArray());

    /// <summary>Adds the instances of one provider. Those that it registered by name get their names behind the data:
    /// an array of offsets, then each name, counted.</summary>
    public void AddAll(WmiRequest request, WmiBlock block)
    {
        uint bytes = Math.Min(request.Header->BufferSize, request.Bytes);
        uint count = ((WNODE_ALL_DATA*)request.Buffer)->InstanceCount;
        if (block.Names == null || (request.Header->Flags & Wnode.StaticNames) == 0 || count > block.Names.Length)
        {
            Add(request.Buffer, bytes);
            return;
        }
        uint offsets = Wnode.Align8(bytes);
        uint names = offsets + count * sizeof(uint);
        uint end = names;
        for (uint i = 0; i < count; i++)
            end += CountedText.BytesOf(block.Names[i]);
        byte[] node = new byte[end];
        new Span<byte>(request.Buffer, (int)bytes).CopyTo(node);
        fixed (byte* at = node)
        {
            var all = (WNODE_ALL_DATA*)at;
            all->WnodeHeader.Flags &= ~Wnode.StaticNames;
            all->WnodeHeader.BufferSize = end;
            all->OffsetInstanceNameOffsets = offsets;
            for (uint i = 0; i < count; i++)
            {
                string name = block.Names[i];
                ((uint*)(at + offsets))[i] = names;
                CountedText.Write(at + names, name);
                names += CountedText.BytesOf(name);
            }
        }
        _nodes.Add(node);
    }

    /// <summary>Copies everything to the consumer. STATUS_BUFFER_TOO_SMALL when there is no room for it.</summary>
    public NTSTATUS Finish()
    {
        uint needed = 0;
        foreach (byte[] node in _nodes)
            needed = Wnode.Align8(needed) + (uint)node.Length;
        *size = needed;
        if (needed > _room)
            return STATUS_BUFFER_TOO_SMALL;
        DriverMemory.RequireWritable(buffer, needed, "a WMI query");
        uint at = 0;
        for (int i = 0; i < _nodes.Count; i++)
        {
            byte[] node = _nodes[i];
            uint next = Wnode.Align8((uint)node.Length);
            node.CopyTo(new Span<byte>((byte*)buffer + at, node.Length));
            ((WNODE_HEADER*)((byte*)buffer + at))->Linkage = i == _nodes.Count - 1 ? 0 : next;
            at += next;
        }
        return STATUS_SUCCESS;
    }
}
