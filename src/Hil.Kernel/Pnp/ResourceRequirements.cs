namespace Hil.Kernel;

/// <summary>Reads and writes IO_RESOURCE_REQUIREMENTS_LIST: alternatives, each a list of descriptors.</summary>
internal static unsafe class ResourceRequirements
{
    // A list that a driver filtered is not trusted to be finite.
    private const int DescriptorsMax = 4096;

    private static int HeaderBytes => sizeof(IO_RESOURCE_REQUIREMENTS_LIST) - sizeof(IO_RESOURCE_LIST);

    private static int ListHeaderBytes => sizeof(IO_RESOURCE_LIST) - sizeof(IO_RESOURCE_DESCRIPTOR);

    /// <summary>Writes a list into paged pool.</summary>
    public static IO_RESOURCE_REQUIREMENTS_LIST* Create(
        BusInformation bus, uint slot, IReadOnlyList<IO_RESOURCE_DESCRIPTOR[]> alternatives)
    {
        int bytes = HeaderBytes;
        foreach (IO_RESOURCE_DESCRIPTOR[] descriptors in alternatives)
            bytes += ListHeaderBytes + descriptors.Length * sizeof(IO_RESOURCE_DESCRIPTOR);

        var requirements = (IO_RESOURCE_REQUIREMENTS_LIST*)PoolBuffer.Allocate(
            Math.Max(bytes, sizeof(IO_RESOURCE_REQUIREMENTS_LIST)));
        requirements->ListSize = (uint)bytes;
        requirements->InterfaceType = bus.LegacyType;
        requirements->BusNumber = bus.Number;
        requirements->SlotNumber = slot;
        requirements->AlternativeLists = (uint)alternatives.Count;
        IO_RESOURCE_LIST* list = &requirements->List;
        foreach (IO_RESOURCE_DESCRIPTOR[] descriptors in alternatives)
        {
            list->Version = 1;
            list->Revision = 1;
            list->Count = (uint)descriptors.Length;
            descriptors.CopyTo(new Span<IO_RESOURCE_DESCRIPTOR>(&list->Descriptors, descriptors.Length));
            list = Next(list);
        }
        return requirements;
    }

    /// <summary>Reads a list that may have been through drivers' hands. Empty for null.</summary>
    public static List<IO_RESOURCE_DESCRIPTOR[]> Read(void* memory)
    {
        List<IO_RESOURCE_DESCRIPTOR[]> alternatives = [];
        if (memory == null)
            return alternatives;
        var requirements = PointerCheck.Follow<IO_RESOURCE_REQUIREMENTS_LIST>(memory, "the resource requirements list");
        IO_RESOURCE_LIST* list = &requirements->List;
        for (uint i = 0; i < requirements->AlternativeLists; i++)
        {
            RequireSane(list, requirements);
            alternatives.Add(new Span<IO_RESOURCE_DESCRIPTOR>(&list->Descriptors, (int)list->Count).ToArray());
            list = Next(list);
        }
        return alternatives;
    }

    private static IO_RESOURCE_LIST* Next(IO_RESOURCE_LIST* list) =>
        (IO_RESOURCE_LIST*)(&list->Descriptors + list->Count);

    private static void RequireSane(IO_RESOURCE_LIST* list, IO_RESOURCE_REQUIREMENTS_LIST* requirements)
    {
        ulong end = (ulong)requirements + requirements->ListSize;
        bool isSane = (ulong)list + (ulong)ListHeaderBytes <= end
            && PointerCheck.IsReadable((ulong)list, (ulong)ListHeaderBytes)
            && list->Count <= DescriptorsMax
            && (ulong)Next(list) <= end
            && PointerCheck.IsReadable((ulong)list, (ulong)Next(list) - (ulong)list);
        if (!isSane)
        {
            NtKernel.Current.BugCheck(
                BugCheckCodes.PNP_DETECTED_FATAL_ERROR, 0, (ulong)requirements, (ulong)list, 0,
                "a resource requirements list is shorter (ListSize) than the descriptors it counts");
        }
    }
}
