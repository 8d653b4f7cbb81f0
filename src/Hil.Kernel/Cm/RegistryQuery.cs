using System.Text;

namespace Hil.Kernel;

/// <summary>One entry of an RtlQueryRegistryValues table at work: takes a value to the driver.</summary>
internal readonly unsafe struct RegistryQuery(RTL_QUERY_REGISTRY_TABLE* entry, void* context)
{
    private const int TypeCheckShift = 24;

    private readonly RTL_QUERY_REGISTRY_TABLE* _entry = entry;
    private readonly void* _context = context;

    private bool IsDirect => (_entry->Flags & RTL_QUERY_REGISTRY_DIRECT) != 0;

    private bool IsExpanding => (_entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND) == 0;

    /// <summary>Type of the default; the top byte is the type that TYPECHECK expects.</summary>
    private uint DefaultType => _entry->DefaultType & 0xFFFFFF;

    public NTSTATUS CallWithoutValue() =>
        _entry->QueryRoutine.IsNull ? STATUS_SUCCESS : Call(null, REG_NONE, default, isAbsent: true);

    public NTSTATUS DeliverDefault(string name)
    {
        if (DefaultType == REG_NONE || _entry->DefaultData == null && _entry->DefaultLength == 0)
            return STATUS_SUCCESS;
        int bytes = _entry->DefaultLength != 0 ? (int)_entry->DefaultLength : DefaultStringBytes();
        PointerCheck.Argument((ulong)_entry->DefaultData, bytes, argument: 2);
        byte[] data = new ReadOnlySpan<byte>(_entry->DefaultData, bytes).ToArray();
        return Deliver(new RegistryValue(name, DefaultType, data));
    }

    /// <summary>Stores the value or calls the routine with it, as the entry says.</summary>
    public NTSTATUS Deliver(RegistryValue value)
    {
        if (value.Type == REG_EXPAND_SZ && IsExpanding)
            value = new RegistryValue(value.Name, REG_SZ, Expand(value.Data));
        if (IsDirect)
            return Store(value);
        return value.Type == REG_MULTI_SZ && IsExpanding
            ? CallForEach(value)
            : Call(value.Name, value.Type, value.Data);
    }

    // WDK: with TYPECHECK the top byte of DefaultType has the expected type; strings of either kind do for each other
    // after expansion.
    private NTSTATUS Store(RegistryValue value)
    {
        uint expected = _entry->DefaultType >> TypeCheckShift;
        bool isChecked = (_entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK) != 0;
        if (isChecked && expected != value.Type && !(expected == REG_EXPAND_SZ && value.Type == REG_SZ))
            return STATUS_OBJECT_TYPE_MISMATCH;
        if (_entry->EntryContext == null)
            return STATUS_INVALID_PARAMETER;
        return value.Type is REG_SZ or REG_EXPAND_SZ or REG_MULTI_SZ
            ? StoreString(value.Data)
            : StoreBinary(value);
    }

    // A null Buffer asks for paged pool, which the driver frees; otherwise MaximumLength is the limit.
    private NTSTATUS StoreString(byte[] data)
    {
        var target = PointerCheck.Follow<UNICODE_STRING>(_entry->EntryContext, "QueryTable->EntryContext");
        int bytes = Math.Min(data.Length, ushort.MaxValue & ~1);
        if (target->Buffer == null)
        {
            target->Buffer = (char*)PoolBuffer.TryAllocate(bytes);
            if (target->Buffer == null)
                return STATUS_NO_MEMORY;
            target->MaximumLength = (ushort)bytes;
        }
        else if (bytes > target->MaximumLength)
        {
            return STATUS_BUFFER_TOO_SMALL;
        }
        PointerCheck.Argument((ulong)target->Buffer, bytes, argument: 2);
        data.AsSpan(0, bytes).CopyTo(new Span<byte>(target->Buffer, bytes));
        bool isTerminated = bytes >= sizeof(char) && data[bytes - 1] == 0 && data[bytes - 2] == 0;
        target->Length = (ushort)(isTerminated ? bytes - sizeof(char) : bytes);
        return STATUS_SUCCESS;
    }

    // Up to four bytes go straight to EntryContext. Longer data wants a signed LONG there first: the buffer's size,
    // negative for "data only", positive for "length, type, data".
    private NTSTATUS StoreBinary(RegistryValue value)
    {
        int* target = PointerCheck.Follow<int>(_entry->EntryContext, "QueryTable->EntryContext");
        byte[] data = value.Data;
        if (data.Length <= sizeof(uint))
        {
            data.CopyTo(new Span<byte>(target, data.Length));
            return STATUS_SUCCESS;
        }
        const int LengthAndType = 2 * sizeof(uint);
        bool isDataOnly = *target < 0;
        long capacity = Math.Abs((long)*target);
        int prefix = isDataOnly ? 0 : LengthAndType;
        if (capacity < prefix + data.Length)
            return STATUS_BUFFER_TOO_SMALL;
        PointerCheck.Argument((ulong)target, prefix + data.Length, argument: 2);
        if (!isDataOnly)
            (target[0], target[1]) = (data.Length, (int)value.Type);
        data.CopyTo(new Span<byte>((byte*)target + prefix, data.Length));
        return STATUS_SUCCESS;
    }

    private NTSTATUS CallForEach(RegistryValue value)
    {
        string list = Encoding.Unicode.GetString(value.Data);
        foreach (string text in list.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            NTSTATUS status = Call(value.Name, REG_SZ, Encoding.Unicode.GetBytes(text + '\0'));
            if (!status.IsSuccess)
                return status;
        }
        return STATUS_SUCCESS;
    }

    // NTSTATUS QueryRoutine(PWSTR ValueName, ULONG ValueType, PVOID ValueData, ULONG ValueLength, PVOID Context,
    //     PVOID EntryContext)
    private NTSTATUS Call(string? name, uint type, ReadOnlySpan<byte> data, bool isAbsent = false)
    {
        char* nameCopy = name == null ? null : PoolBuffer.Copy(name);
        void* dataCopy = null;
        if (!isAbsent)
        {
            dataCopy = PoolBuffer.Allocate(Math.Max(data.Length, 1));
            data.CopyTo(new Span<byte>(dataCopy, data.Length));
        }
        ReadOnlySpan<ulong> arguments =
        [
            (ulong)nameCopy, type, (ulong)dataCopy, (ulong)data.Length, (ulong)_context, (ulong)_entry->EntryContext,
        ];
        var status = new NTSTATUS((uint)Processor.Current.Call(_entry->QueryRoutine, arguments));
        PoolBuffer.Free(nameCopy);
        PoolBuffer.Free(dataCopy);
        return status;
    }

    private static byte[] Expand(byte[] data)
    {
        string text = Encoding.Unicode.GetString(data);
        return Encoding.Unicode.GetBytes(text
            .Replace("%SystemRoot%", @"C:\Windows", StringComparison.OrdinalIgnoreCase)
            .Replace("%windir%", @"C:\Windows", StringComparison.OrdinalIgnoreCase));
    }

    // A default of length 0 is a terminated string, or for REG_MULTI_SZ a list of them.
    private int DefaultStringBytes()
    {
        var text = (char*)_entry->DefaultData;
        bool isList = DefaultType == REG_MULTI_SZ;
        int length = 0;
        while (text[length] != '\0' || isList && text[length + 1] != '\0')
            PointerCheck.Follow<char>(text + ++length, "QueryTable->DefaultData");
        return (length + (isList ? 2 : 1)) * sizeof(char);
    }
}
