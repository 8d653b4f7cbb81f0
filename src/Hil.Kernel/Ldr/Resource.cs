namespace Hil.Kernel;

// The resources of a loaded image (.rsrc): type, name, language, data. The routines have no page in the WDK; the tree
// is that of Microsoft's "PE Format", the statuses are named for it in ntstatus.h.

public static unsafe partial class Ntoskrnl
{
    private const uint ResourceLevelMax = 3;

    /// <summary>Finds a resource's data.</summary>
    /// <param name="level">How many of type, name and language are given; of further levels the first entry is
    /// taken.</param>
    /// <returns>STATUS_RESOURCE_DATA_NOT_FOUND without resources, STATUS_RESOURCE_TYPE_NOT_FOUND,
    /// STATUS_RESOURCE_NAME_NOT_FOUND, STATUS_RESOURCE_LANG_NOT_FOUND; STATUS_INVALID_PARAMETER for the
    /// level.</returns>
    /// <remarks>WDK: none. Language 0 takes the neutral one, English or the first, in this order.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS LdrFindResource_U(
        void* baseAddress, LDR_RESOURCE_INFO* resourceInfo, uint level, IMAGE_RESOURCE_DATA_ENTRY** entry)
    {
        NTSTATUS status = Descend(baseAddress, resourceInfo, level, out ResourceTree tree, out uint place);
        while (status == STATUS_SUCCESS && ResourceTree.IsDirectory(place))
            status = tree.TryFirst(place, out place) ? STATUS_SUCCESS : STATUS_RESOURCE_DATA_NOT_FOUND;
        if (status == STATUS_SUCCESS)
            *entry = tree.DataAt(place);
        return status;
    }

    /// <summary>Finds the directory below what is given of a resource.</summary>
    /// <returns>As LdrFindResource_U; STATUS_RESOURCE_DATA_NOT_FOUND when there is data and no directory.</returns>
    /// <remarks>WDK: none.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS LdrFindResourceDirectory_U(
        void* baseAddress, LDR_RESOURCE_INFO* resourceInfo, uint level, IMAGE_RESOURCE_DIRECTORY** directory)
    {
        NTSTATUS status = Descend(baseAddress, resourceInfo, level, out ResourceTree tree, out uint place);
        if (status == STATUS_SUCCESS && !ResourceTree.IsDirectory(place))
            status = STATUS_RESOURCE_DATA_NOT_FOUND;
        if (status == STATUS_SUCCESS)
            *directory = tree.DirectoryAt(place);
        return status;
    }

    /// <summary>Tells where a resource is in memory.</summary>
    /// <param name="resource">May be null.</param>
    /// <param name="size">May be null; in bytes.</param>
    /// <remarks>WDK: none.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS LdrAccessResource(
        void* baseAddress, IMAGE_RESOURCE_DATA_ENTRY* resourceDataEntry, void** resource, uint* size)
    {
        if (resource != null)
            *resource = (byte*)baseAddress + resourceDataEntry->OffsetToData;
        if (size != null)
            *size = resourceDataEntry->Size;
        return STATUS_SUCCESS;
    }

    private static NTSTATUS Descend(
        void* baseAddress, LDR_RESOURCE_INFO* wanted, uint level, out ResourceTree tree, out uint place)
    {
        place = ResourceTree.Root;
        if (!ResourceTree.TryOpen((byte*)baseAddress, out tree))
            return STATUS_RESOURCE_DATA_NOT_FOUND;
        if (level > ResourceLevelMax)
            return STATUS_INVALID_PARAMETER;
        for (uint i = 0; i < level; i++)
        {
            nuint name = (&wanted->Type)[i];
            bool isLanguage = i == ResourceLevelMax - 1;
            if (!ResourceTree.IsDirectory(place))
                return STATUS_RESOURCE_DATA_NOT_FOUND;
            if (!(isLanguage ? tree.TryLanguage(place, name, out place) : tree.TryFind(place, name, out place)))
                return i == 0 ? STATUS_RESOURCE_TYPE_NOT_FOUND
                    : isLanguage ? STATUS_RESOURCE_LANG_NOT_FOUND : STATUS_RESOURCE_NAME_NOT_FOUND;
        }
        return STATUS_SUCCESS;
    }
}
