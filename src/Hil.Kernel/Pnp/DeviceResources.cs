namespace Hil.Kernel;

/// <summary>Resources of one device: as its bus sees them (raw) and as the processor does (translated), entry by
/// entry.</summary>
internal sealed unsafe record DeviceResources(
    BusInformation Bus, CM_PARTIAL_RESOURCE_DESCRIPTOR[] Raw, CM_PARTIAL_RESOURCE_DESCRIPTOR[] Translated)
{
    private const ushort Version = 1;

    public static DeviceResources None { get; } = new(BusInformation.Root, [], []);

    /// <summary>Bytes of a CM_RESOURCE_LIST with one full descriptor.</summary>
    public static int ListBytes(int descriptors) =>
        sizeof(CM_RESOURCE_LIST) + (descriptors - 1) * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);

    /// <summary>A CM_RESOURCE_LIST in paged pool; null for no descriptors, as in IRP_MN_START_DEVICE.</summary>
    public static CM_RESOURCE_LIST* CreateList(BusInformation bus, CM_PARTIAL_RESOURCE_DESCRIPTOR[] descriptors)
    {
        if (descriptors.Length == 0)
            return null;
        var list = (CM_RESOURCE_LIST*)PoolBuffer.Allocate(ListBytes(descriptors.Length));
        list->Count = 1;
        list->List.InterfaceType = bus.LegacyType;
        list->List.BusNumber = bus.Number;
        list->List.PartialResourceList.Version = Version;
        list->List.PartialResourceList.Revision = Version;
        list->List.PartialResourceList.Count = (uint)descriptors.Length;
        descriptors.CopyTo(new Span<CM_PARTIAL_RESOURCE_DESCRIPTOR>(
            &list->List.PartialResourceList.PartialDescriptors, descriptors.Length));
        return list;
    }

    /// <summary>The descriptors of a list that a driver made, of its first bus. Empty for null.</summary>
    public static CM_PARTIAL_RESOURCE_DESCRIPTOR[] Read(CM_RESOURCE_LIST* list)
    {
        const uint DescriptorsMax = 256; // A wild count must not read the window.
        if (list == null || list->Count == 0)
            return [];
        CM_PARTIAL_RESOURCE_LIST* partial = &list->List.PartialResourceList;
        int count = (int)Math.Min(partial->Count, DescriptorsMax);
        if (count > 0)
        {
            PointerCheck.Follow<CM_PARTIAL_RESOURCE_DESCRIPTOR>(
                &partial->PartialDescriptors + count - 1, "the last resource descriptor");
        }
        return new Span<CM_PARTIAL_RESOURCE_DESCRIPTOR>(&partial->PartialDescriptors, count).ToArray();
    }

    /// <summary>The resources in words, for the step that grants them.</summary>
    public string Describe()
    {
        List<string> words = [];
        List<string> messageVectors = [];
        for (int i = 0; i < Raw.Length; i++)
        {
            if (Raw[i].Type != CmResourceTypeInterrupt || (Raw[i].Flags & CM_RESOURCE_INTERRUPT_MESSAGE) == 0)
                words.Add(Describe(Raw[i], Translated[i]));
            else
                messageVectors.AddRange(VectorsOf(Raw[i], Translated[i]));
        }
        if (messageVectors.Count > 0)
            words.Add($"message vector{(messageVectors.Count == 1 ? "" : "s")} {string.Join(' ', messageVectors)}");
        return words.Count == 0 ? "no resources" : string.Join(", ", words);
    }

    private static IEnumerable<string> VectorsOf(
        CM_PARTIAL_RESOURCE_DESCRIPTOR raw, CM_PARTIAL_RESOURCE_DESCRIPTOR translated)
    {
        for (uint i = 0; i < raw.u.MessageInterrupt.Raw.MessageCount; i++)
            yield return $"0x{translated.u.Interrupt.Vector + i:x}";
    }

    private static string Describe(CM_PARTIAL_RESOURCE_DESCRIPTOR raw, CM_PARTIAL_RESOURCE_DESCRIPTOR translated)
    {
        ref CM_PARTIAL_RESOURCE_DESCRIPTOR.DescriptorUnion u = ref translated.u;
        return translated.Type switch
        {
            CmResourceTypePort => $"ports {Range(u.Port.Start.Value, u.Port.Length)}",
            CmResourceTypeMemory => $"memory {Range(u.Memory.Start.Value, u.Memory.Length)}",
            CmResourceTypeMemoryLarge => $"memory at 0x{u.Memory.Start.Value:x}",
            CmResourceTypeInterrupt => $"line {raw.u.Interrupt.Vector} at vector 0x{u.Interrupt.Vector:x}",
            _ => $"resource of type {translated.Type}",
        };
    }

    private static string Range(ulong start, uint length) => $"0x{start:x}-0x{start + length - 1:x}";
}
