using System.Text;

namespace Hil.Kernel.Tests.Cm;

public sealed unsafe class QueryRegistryValuesTests : IDisposable
{
    private const uint Direct = RTL_QUERY_REGISTRY_DIRECT;

    private readonly TestMachine _machine = new();
    private readonly RegistryKey _key;
    private readonly RTL_QUERY_REGISTRY_TABLE* _table;
    private readonly List<(string Name, uint Type, string Data, ulong Context, ulong EntryContext)> _calls = [];
    private readonly DriverRoutine _routine;
    private int _entries;

    public QueryRegistryValuesTests()
    {
        _key = _machine.Kernel.Registry.CreateService("edu");
        _table = _machine.New<RTL_QUERY_REGISTRY_TABLE>(); // A page: room for many entries, all zero.
        _routine = _machine.Kernel.Gate.Register(OnValue);
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void DirectNumberIsStored() => _machine.Run(() =>
    {
        _key.SetDword("Depth", 42);
        uint* depth = _machine.New<uint>();
        Add("Depth", Direct, depth);

        Assert.Equal(STATUS_SUCCESS, Query());
        Assert.Equal(42u, *depth);
    });

    [Fact]
    public void MissingOptionalValueLeavesTheVariableAlone() => _machine.Run(() =>
    {
        uint* depth = _machine.New<uint>();
        *depth = 7;
        Add("Depth", Direct, depth);

        Assert.Equal(STATUS_SUCCESS, Query());
        Assert.Equal(7u, *depth);
    });

    [Fact]
    public void MissingRequiredValueEndsTheQuery() => _machine.Run(() =>
    {
        Add("Depth", Direct | RTL_QUERY_REGISTRY_REQUIRED, _machine.New<uint>());

        Assert.Equal(STATUS_OBJECT_NAME_NOT_FOUND, Query());
    });

    [Fact]
    public void DefaultTakesThePlaceOfAMissingValue() => _machine.Run(() =>
    {
        uint* depth = _machine.New<uint>();
        uint* standard = _machine.New<uint>();
        *standard = 8;
        RTL_QUERY_REGISTRY_TABLE* entry = Add("Depth", Direct, depth);
        entry->DefaultType = REG_DWORD;
        entry->DefaultData = standard;
        entry->DefaultLength = sizeof(uint);

        Assert.Equal(STATUS_SUCCESS, Query());
        Assert.Equal(8u, *depth);
    });

    [Fact]
    public void DirectStringWithoutBufferIsAllocated() => _machine.Run(() =>
    {
        _key.SetString("Port", "COM7");
        UNICODE_STRING* port = _machine.New<UNICODE_STRING>();
        Add("Port", Direct, port);

        Assert.Equal(STATUS_SUCCESS, Query());
        Assert.Equal("COM7", DriverString.Read(port));
        Assert.Equal('\0', port->Buffer[4]);
        ExFreePool(port->Buffer);
    });

    [Fact]
    public void DirectStringTooLongForItsBufferIsRefused() => _machine.Run(() =>
    {
        _key.SetString("Port", "COM7");
        UNICODE_STRING* port = _machine.New<UNICODE_STRING>();
        port->Buffer = (char*)_machine.New<long>();
        port->MaximumLength = 8;
        Add("Port", Direct, port);

        Assert.Equal(STATUS_BUFFER_TOO_SMALL, Query());
    });

    [Theory]
    [InlineData(-8, 0x1122334455667788)]
    [InlineData(16, 0x0000000B00000008)]
    public void LongDataWantsItsBufferSizeFirst(int size, long first) => _machine.Run(() =>
    {
        _key.Set("Mask", REG_QWORD, BitConverter.GetBytes(0x1122334455667788));
        int* buffer = (int*)_machine.New<long>();
        *buffer = size;
        Add("Mask", Direct, buffer);

        Assert.Equal(STATUS_SUCCESS, Query());
        Assert.Equal(first, *(long*)buffer);
    });

    [Fact]
    public void TypeCheckRefusesAnotherType() => _machine.Run(() =>
    {
        const uint ExpectDword = REG_DWORD << 24;
        _key.SetString("Depth", "42");
        RTL_QUERY_REGISTRY_TABLE* entry = Add("Depth", Direct | RTL_QUERY_REGISTRY_TYPECHECK, _machine.New<uint>());
        entry->DefaultType = ExpectDword;

        Assert.Equal(STATUS_OBJECT_TYPE_MISMATCH, Query());
    });

    [Fact]
    public void RoutineGetsNameTypeDataAndBothContexts() => _machine.Run(() =>
    {
        _key.SetString("Port", "COM7");
        Add("Port", 0, (void*)0x77, _routine);

        Assert.Equal(STATUS_SUCCESS, Query((void*)0x55));
        Assert.Equal([("Port", REG_SZ, "COM7\0", 0x55ul, 0x77ul)], _calls);
    });

    [Fact]
    public void RoutineIsCalledForEachStringOfAList() => _machine.Run(() =>
    {
        _key.SetStrings("Ports", ["COM7", "COM8"]);
        Add("Ports", 0, null, _routine);

        Query();

        Assert.Equal(["COM7\0", "COM8\0"], _calls.Select(call => call.Data));
    });

    [Fact]
    public void NoExpandKeepsAListInOnePiece() => _machine.Run(() =>
    {
        _key.SetStrings("Ports", ["COM7", "COM8"]);
        Add("Ports", RTL_QUERY_REGISTRY_NOEXPAND, null, _routine);

        Query();

        Assert.Equal(["COM7\0COM8\0\0"], _calls.Select(call => call.Data));
    });

    [Fact]
    public void ExpandStringArrivesExpandedAsString() => _machine.Run(() =>
    {
        _key.Set("Image", REG_EXPAND_SZ, Encoding.Unicode.GetBytes("%SystemRoot%\\a\0"));
        Add("Image", 0, null, _routine);

        Query();

        Assert.Equal((REG_SZ, "C:\\Windows\\a\0"), (_calls[0].Type, _calls[0].Data));
    });

    [Fact]
    public void EntryWithoutNameGetsAllValues() => _machine.Run(() =>
    {
        _key.SetDword("a", 1);
        _key.SetDword("b", 2);
        Add(null, 0, null, _routine);

        Query();

        Assert.Equal(["a", "b"], _calls.Select(call => call.Name));
    });

    [Fact]
    public void SubkeyEntryLeadsTheFollowingOnesDownAndTopkeyBack() => _machine.Run(() =>
    {
        _key.SetDword("Depth", 1);
        _key.Create("Parameters").SetDword("Depth", 2);
        uint* lower = _machine.New<uint>();
        uint* upper = _machine.New<uint>();
        Add("Parameters", RTL_QUERY_REGISTRY_SUBKEY, null);
        Add("Depth", Direct, lower);
        Add("Depth", Direct | RTL_QUERY_REGISTRY_TOPKEY, upper);

        Assert.Equal(STATUS_SUCCESS, Query());
        Assert.Equal((2u, 1u), (*lower, *upper));
    });

    [Fact]
    public void MissingSubkeyHidesTheValuesBelowIt() => _machine.Run(() =>
    {
        _key.SetDword("Depth", 1);
        uint* depth = _machine.New<uint>();
        Add("Parameters", RTL_QUERY_REGISTRY_SUBKEY, null);
        Add("Depth", Direct, depth);

        Assert.Equal(STATUS_SUCCESS, Query());
        Assert.Equal(0u, *depth);
    });

    [Fact]
    public void DeleteRemovesTheValueAfterDelivery() => _machine.Run(() =>
    {
        _key.SetDword("Once", 1);
        Add("Once", Direct | RTL_QUERY_REGISTRY_DELETE, _machine.New<uint>());

        Query();

        Assert.Null(_key.FindValue("Once"));
    });

    [Fact]
    public void ErrorOfARoutineEndsTheQuery() => _machine.Run(() =>
    {
        _key.SetDword("a", 1);
        uint* after = _machine.New<uint>();
        Add("a", 0, null, _machine.Routine((_, _, _, _) => (uint)STATUS_NO_MEMORY.Value));
        Add("a", Direct, after);

        Assert.Equal(STATUS_NO_MEMORY, Query());
        Assert.Equal(0u, *after);
    });

    [Fact]
    public void MissingKeyIsNotFound() => _machine.Run(() =>
        Assert.Equal(
            STATUS_OBJECT_NAME_NOT_FOUND,
            RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, Text("nobody"), _table, null, null)));

    [Fact]
    public void WriteCreatesTheKeyAndTheValue() => _machine.Run(() =>
    {
        uint* data = _machine.New<uint>();
        *data = 9;

        Assert.Equal(
            STATUS_SUCCESS,
            RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, Text(@"edu\New"), Text("Depth"), REG_DWORD, data, 4));

        Assert.Equal(9u, _key.Find("New")!.FindDword("Depth"));
        Assert.Equal(STATUS_SUCCESS, RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, Text(@"edu\New")));
        Assert.Equal(STATUS_SUCCESS, RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, Text(@"edu\New"), Text("Depth")));
        Assert.Equal(STATUS_OBJECT_NAME_NOT_FOUND, RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, Text(@"edu\Old")));
    });

    private ulong OnValue(ulong* arguments)
    {
        string name = new((char*)arguments[0]);
        string data = new((char*)arguments[2], 0, (int)arguments[3] / sizeof(char));
        _calls.Add((name, (uint)arguments[1], data, arguments[4], arguments[5]));
        return 0;
    }

    private RTL_QUERY_REGISTRY_TABLE* Add(string? name, uint flags, void* entryContext, DriverRoutine routine = default)
    {
        RTL_QUERY_REGISTRY_TABLE* entry = _table + _entries++;
        entry->Name = name == null ? null : Text(name);
        entry->Flags = flags;
        entry->EntryContext = entryContext;
        entry->QueryRoutine = routine;
        return entry;
    }

    private NTSTATUS Query(void* context = null) =>
        RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, Text("edu"), _table, context, null);

    private char* Text(string text) => DriverString.Create(_machine.Kernel, text)->Buffer;
}
