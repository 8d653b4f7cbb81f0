namespace Hil.Kernel;

// RtlQueryRegistryValues walks a driver's table. An entry names a value (or, with SUBKEY, a key for the entries after
// it) and says what to do with it: call a routine, or with DIRECT store it at EntryContext. The walk ends at the first
// entry without routine that is neither DIRECT nor SUBKEY, or with the first error.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Looks up the values of a table.</summary>
    /// <param name="path">Below RelativeTo; a handle when that says so.</param>
    /// <param name="environment">Not used: REG_EXPAND_SZ knows %SystemRoot% only.</param>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND for a missing key or a missing required value,
    /// STATUS_OBJECT_TYPE_MISMATCH, STATUS_BUFFER_TOO_SMALL, or what a query routine returned.</returns>
    /// <remarks>WDK: RtlQueryRegistryValues.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlQueryRegistryValues(
        uint relativeTo, [UncheckedPointer] char* path, RTL_QUERY_REGISTRY_TABLE* queryTable, void* context,
        void* environment)
    {
        NTSTATUS status = FindRelative(relativeTo, path, create: false, out RegistryKey? top);
        if (!status.IsSuccess)
            return status;
        const uint WithoutRoutine = RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT;
        RegistryKey? current = top;
        for (; ; queryTable++)
        {
            PointerCheck.Follow<RTL_QUERY_REGISTRY_TABLE>(queryTable, "QueryTable");
            uint flags = queryTable->Flags;
            if (queryTable->QueryRoutine.IsNull && (flags & WithoutRoutine) == 0)
                return STATUS_SUCCESS;
            if ((flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_TOPKEY)) != 0)
                current = top;
            status = QueryEntry(ref current, queryTable, context);
            if (!status.IsSuccess)
                return status;
        }
    }

    private static NTSTATUS QueryEntry(ref RegistryKey? current, RTL_QUERY_REGISTRY_TABLE* entry, void* context)
    {
        bool isRequired = (entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0;
        if ((entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0)
        {
            if (entry->Name == null)
                return STATUS_INVALID_PARAMETER;
            current = current!.Find(ReadText(entry->Name, "QueryTable->Name"));
            if (current == null)
                return isRequired ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
            return entry->QueryRoutine.IsNull ? STATUS_SUCCESS : QueryAll(current, entry, context);
        }
        if ((entry->Flags & RTL_QUERY_REGISTRY_NOVALUE) != 0)
            return new RegistryQuery(entry, context).CallWithoutValue();
        if (entry->Name == null)
            return current == null ? STATUS_SUCCESS : QueryAll(current, entry, context);
        return QueryOne(current, entry, context);
    }

    private static NTSTATUS QueryAll(RegistryKey key, RTL_QUERY_REGISTRY_TABLE* entry, void* context)
    {
        if ((entry->Flags & RTL_QUERY_REGISTRY_DIRECT) != 0)
            return STATUS_INVALID_PARAMETER;
        if (key.Values.Count == 0 && (entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        var query = new RegistryQuery(entry, context);
        foreach (RegistryValue value in key.Values.ToArray())
        {
            NTSTATUS status = query.Deliver(value);
            if (!status.IsSuccess)
                return status;
            if ((entry->Flags & RTL_QUERY_REGISTRY_DELETE) != 0)
                key.DeleteValue(value.Name);
        }
        return STATUS_SUCCESS;
    }

    private static NTSTATUS QueryOne(RegistryKey? key, RTL_QUERY_REGISTRY_TABLE* entry, void* context)
    {
        string name = ReadText(entry->Name, "QueryTable->Name");
        RegistryValue? value = key?.FindValue(name);
        var query = new RegistryQuery(entry, context);
        if (value == null)
        {
            if ((entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0)
                return STATUS_OBJECT_NAME_NOT_FOUND;
            return query.DeliverDefault(name);
        }
        NTSTATUS status = query.Deliver(value);
        if (status.IsSuccess && (entry->Flags & RTL_QUERY_REGISTRY_DELETE) != 0)
            key!.DeleteValue(name);
        return status;
    }
}
