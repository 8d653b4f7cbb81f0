using System.Collections.Immutable;
using System.Numerics;

namespace Hil.Kernel;

// An arbiter takes the alternatives of a device in their order of preference and grants the first that can be had
// whole. Within a list, a descriptor with IO_RESOURCE_ALTERNATIVE is another way to satisfy the one before it.

/// <summary>Grants address ranges and interrupts to devices and takes them back.</summary>
internal sealed class ResourceArbiter(NtKernel kernel)
{
    private readonly List<Grant> _grants = [];

    private readonly record struct Grant(object Owner, bool IsPort, ulong Start, ulong Bytes)
    {
        public bool Overlaps(bool isPort, ulong start, ulong bytes) =>
            IsPort == isPort && start < Start + Bytes && Start < start + bytes;
    }

    /// <summary>Grants the first alternative that can be had; on failure nothing is held.</summary>
    public bool TryAssign(DeviceNode node, IReadOnlyList<IO_RESOURCE_DESCRIPTOR[]> alternatives)
    {
        foreach (IO_RESOURCE_DESCRIPTOR[] alternative in alternatives)
        {
            var draft = new Draft();
            if (TryAssign(node, alternative, draft))
            {
                node.Resources = new DeviceResources(node.Bus, [.. draft.Raw], [.. draft.Translated]);
                return true;
            }
            Release(node);
        }
        node.Resources = DeviceResources.None;
        return alternatives.Count == 0;
    }

    /// <summary>Takes back everything that a device holds.</summary>
    public void Release(DeviceNode node)
    {
        _grants.RemoveAll(grant => ReferenceEquals(grant.Owner, node));
        node.Resources = DeviceResources.None;
        if (node.Interrupts is not { } interrupts)
            return;
        node.Interrupts = null;
        if (interrupts.Kind == InterruptKind.Line)
        {
            kernel.Interrupts.FreeLine(interrupts.Line);
            return;
        }
        foreach (InterruptMessage message in interrupts.Messages)
            kernel.Interrupts.FreeVector(message.Vector);
    }

    /// <summary>Claims address ranges for a legacy driver in place of those it has claimed before.</summary>
    /// <param name="owner">Whatever stands for the driver; equal owners are one.</param>
    public bool TryClaim(object owner, CM_PARTIAL_RESOURCE_DESCRIPTOR[] resources)
    {
        _grants.RemoveAll(grant => grant.Owner.Equals(owner));
        var claims = new List<Grant>();
        foreach (CM_PARTIAL_RESOURCE_DESCRIPTOR resource in resources)
        {
            if (resource.Type is not (CmResourceTypeMemory or CmResourceTypePort))
                continue;
            bool isPort = resource.Type == CmResourceTypePort;
            var claim = new Grant(owner, isPort, resource.u.Memory.Start.Value, resource.u.Memory.Length);
            if (_grants.Exists(grant => grant.Overlaps(isPort, claim.Start, claim.Bytes)))
                return false;
            claims.Add(claim);
        }
        _grants.AddRange(claims);
        return true;
    }

    private sealed class Draft
    {
        public List<CM_PARTIAL_RESOURCE_DESCRIPTOR> Raw { get; } = [];

        public List<CM_PARTIAL_RESOURCE_DESCRIPTOR> Translated { get; } = [];

        public void Add(CM_PARTIAL_RESOURCE_DESCRIPTOR both) => Add((both, both));

        public void Add((CM_PARTIAL_RESOURCE_DESCRIPTOR Raw, CM_PARTIAL_RESOURCE_DESCRIPTOR Translated) granted)
        {
            Raw.Add(granted.Raw);
            Translated.Add(granted.Translated);
        }
    }

    private bool TryAssign(DeviceNode node, IO_RESOURCE_DESCRIPTOR[] descriptors, Draft draft)
    {
        for (int i = 0; i < descriptors.Length;)
        {
            bool isGranted = TryAssignOne(node, descriptors[i], draft);
            for (i++; i < descriptors.Length && (descriptors[i].Option & IO_RESOURCE_ALTERNATIVE) != 0; i++)
                isGranted = isGranted || TryAssignOne(node, descriptors[i], draft);
            if (!isGranted)
                return false;
        }
        return true;
    }

    private bool TryAssignOne(DeviceNode node, in IO_RESOURCE_DESCRIPTOR requirement, Draft draft)
    {
        switch (requirement.Type)
        {
            case CmResourceTypeMemory:
            case CmResourceTypeMemoryLarge:
            case CmResourceTypePort:
                return TryAssignRange(node, requirement, draft);
            case CmResourceTypeInterrupt when (requirement.Flags & CM_RESOURCE_INTERRUPT_MESSAGE) != 0:
                return TryAssignMessages(node, requirement, draft);
            case CmResourceTypeInterrupt:
                return TryAssignLine(node, requirement, draft);
            default:
                draft.Add(ResourceDescriptors.Copy(requirement));
                return true;
        }
    }

    private bool TryAssignRange(DeviceNode node, in IO_RESOURCE_DESCRIPTOR requirement, Draft draft)
    {
        bool isPort = requirement.Type == CmResourceTypePort;
        ulong bytes = ResourceDescriptors.LengthOf(requirement);
        if (!TryFindFree(isPort, requirement, bytes, out ulong start))
            return false;
        _grants.Add(new Grant(node, isPort, start, bytes));
        draft.Add(ResourceDescriptors.Assign(requirement, start));
        return true;
    }

    // The lowest aligned address in the requirement's window that no grant reaches into.
    private bool TryFindFree(bool isPort, in IO_RESOURCE_DESCRIPTOR requirement, ulong bytes, out ulong start)
    {
        ulong alignment = Math.Max(ResourceDescriptors.AlignmentOf(requirement), 1);
        ulong last = requirement.u.Memory.MaximumAddress.Value;
        start = requirement.u.Memory.MinimumAddress.Value;
        while (bytes != 0 && start <= last && last - start >= bytes - 1)
        {
            ulong misalignment = start % alignment;
            ulong candidate = misalignment == 0 ? start : start - misalignment + alignment;
            int inTheWay = _grants.FindIndex(grant => grant.Overlaps(isPort, candidate, bytes));
            bool fits = candidate >= start && candidate <= last && last - candidate >= bytes - 1;
            if (!fits)
                return false;
            start = inTheWay < 0 ? candidate : _grants[inTheWay].Start + _grants[inTheWay].Bytes;
            if (inTheWay < 0)
                return true;
        }
        return false;
    }

    private bool TryAssignLine(DeviceNode node, in IO_RESOURCE_DESCRIPTOR requirement, Draft draft)
    {
        uint line = requirement.u.Interrupt.MinimumVector;
        bool isLevel = (requirement.Flags & CM_RESOURCE_INTERRUPT_LATCHED) == 0;
        if (node.Interrupts != null || !kernel.Interrupts.TryAllocateLine(line, isLevel, out byte vector))
            return false;
        node.Interrupts = new InterruptAssignment(InterruptKind.Line, line, [new InterruptMessage(vector, 0, 0)]);
        draft.Add(ResourceDescriptors.AssignInterrupt(requirement, line, vector, messages: 0));
        return true;
    }

    // A run of MSI vectors is aligned to its size, because the device puts the message number into the low data bits
    // (PCI 3.0, 6.8.1.6). MSI-X comes one descriptor at a time and collects its messages.
    private bool TryAssignMessages(DeviceNode node, in IO_RESOURCE_DESCRIPTOR requirement, Draft draft)
    {
        if (node.Function == null)
            return false;
        (InterruptKind kind, int most) = MessageCapability.Find(kernel.Bus, node.Function);
        uint count = requirement.u.Interrupt.MaximumVector - requirement.u.Interrupt.MinimumVector + 1;
        ImmutableArray<InterruptMessage> held = node.Interrupts?.Messages ?? [];
        bool isPossible = count >= 1 && held.Length + count <= (uint)most && BitOperations.IsPow2(count)
            && (kind == InterruptKind.MsiX ? count == 1 : held.IsEmpty);
        if (!isPossible || !kernel.Interrupts.TryAllocateVectors((int)count, out byte first))
            return false;
        for (int i = 0; i < (int)count; i++)
        {
            byte vector = (byte)(first + i);
            (ulong address, uint data) = kernel.Services.InterruptController.MessageFor(vector);
            held = held.Add(new InterruptMessage(vector, address, data));
        }
        node.Interrupts = new InterruptAssignment(kind, 0, held);
        draft.Add(ResourceDescriptors.AssignInterrupt(requirement, 0, first, (int)count));
        return true;
    }
}
