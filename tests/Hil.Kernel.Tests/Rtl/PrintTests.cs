using System.Globalization;

namespace Hil.Kernel.Tests.Rtl;

public sealed unsafe class PrintTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public static IEnumerable<TheoryDataRow<string, string[]>> Cases => TextCases.Read("Rtl/printf.txt");

    public void Dispose() => _machine.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void FormatsAsTheKernelsRuntimeDoes(string place, string[] fields) => _machine.Run(() =>
    {
        string expected = fields[^1];
        ulong* slots = stackalloc ulong[fields.Length];
        for (int i = 2; i < fields.Length - 1; i++)
            slots[i - 2] = Argument(fields[i]);

        if (fields[0] is "n" or "b")
            Assert.Equal($"{place}: {expected}", $"{place}: {Narrow(fields[1], slots)}");
        if (fields[0] is "w" or "b")
            Assert.Equal($"{place}: {expected}", $"{place}: {Wide(fields[1], slots)}");
    });

    [Theory]
    [InlineData(10, "abc", 3, "abc\0")]
    [InlineData(4, "abc", 3, "abc\0")]
    [InlineData(3, "abc", 3, "abc#")] // Fits without its terminator: none is written.
    [InlineData(2, "abc", -1, "ab##")]
    [InlineData(0, "abc", -1, "####")]
    [InlineData(1, "", 0, "\0###")]
    public void BoundedRoutinesCutAndTellAsTheOldRuntimeDid(int count, string text, int result, string buffer) =>
        _machine.Run(() =>
        {
            byte* narrow = Narrow("####");
            Assert.Equal(result, _snprintf(narrow, (nuint)count, Narrow(text), default));
            Assert.Equal(buffer, TextOf(narrow, 4));

            char* wide = Wide("####");
            Assert.Equal(result, _snwprintf(wide, (nuint)count, Wide(text), default));
            Assert.Equal(buffer, new string(wide, 0, 4));
        });

    [Fact]
    public void DbgPrintMakesOneEventALine()
    {
        var log = new DebugLog();
        using var machine = new TestMachine(observer: log);
        machine.Run(() =>
        {
            ulong seven = 7;
            DbgPrint(Narrow("one %d\ntwo\n"), new VarArgs(&seven));
            DbgPrintEx(77, 0, Narrow("three"), default);
        });

        Assert.Equal(["one 7", "two", "three"], log.Lines);
    }

    [Fact]
    public void MessagesThatADriverHasTurnedOffAreDropped()
    {
        var log = new DebugLog();
        using var machine = new TestMachine(observer: log);
        machine.Run(() =>
        {
            DbgSetDebugFilterState(77, 3, false);
            DbgPrintEx(77, 3, Narrow("hidden"), default);
            DbgPrintEx(77, 0, Narrow("another level"), default);
            DbgPrintEx(78, 3, Narrow("another component"), default);
            DbgSetDebugFilterState(77, 3, true);
            DbgPrintEx(77, 3, Narrow("shown again"), default);
            DbgSetDebugFilterState(101, 3, false);
            DbgPrint(Narrow("hidden"), default);
        });

        Assert.Equal(["another level", "another component", "shown again"], log.Lines);
    }

    [Fact]
    public void DbgPrintOfWideTextAtDispatchLevelIsReported()
    {
        var log = new DebugLog();
        using var machine = new TestMachine(observer: log);
        machine.Run(() =>
        {
            ulong text = (ulong)Wide("x");
            machine.Kernel.Processor.Irql = DISPATCH_LEVEL;
            DbgPrint(Narrow("%ws"), new VarArgs(&text));
            machine.Kernel.Processor.Irql = PASSIVE_LEVEL;
        });

        Assert.Contains("PASSIVE_LEVEL only", Assert.Single(log.Violations));
    }

    [Fact]
    public void StringThatRunsIntoUnmappedMemoryStopsTheMachine()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            var text = (byte*)ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 16, 0x20202020);
            new Span<byte>(text, 16).Fill((byte)'x');
            ulong slot = (ulong)text;
            DbgPrint(Narrow("%s"), new VarArgs(&slot));
        });

        Assert.Equal(BugCheckCodes.DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION, report.Code);
    }

    private static string Narrow(string format, ulong* slots)
    {
        byte* buffer = Narrow(new string('#', 64));
        int length = _vsnprintf(buffer, 64, Narrow(format), slots);
        return TextOf(buffer, length);
    }

    private static string Wide(string format, ulong* slots)
    {
        char* buffer = Wide(new string('#', 64));
        int length = _vsnwprintf(buffer, 64, Wide(format), slots);
        return new string(buffer, 0, length);
    }

    private static ulong Argument(string field)
    {
        if (field == "null")
            return 0;
        string value = field[2..];
        return field[0] switch
        {
            'i' => Number(value.Replace("_", "", StringComparison.Ordinal)),
            's' => (ulong)Narrow(value),
            'w' => (ulong)Wide(value),
            'a' => (ulong)Counted((char*)Narrow(value), value.Length),
            'u' => (ulong)Counted(Wide(value), value.Length * sizeof(char)),
            _ => throw new FormatException(field),
        };
    }

    private static ulong Number(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : (ulong)long.Parse(text, CultureInfo.InvariantCulture);

    private static UNICODE_STRING* Counted(char* buffer, int bytes)
    {
        var counted = (UNICODE_STRING*)NtKernel.Current.Pool.Allocate((nuint)sizeof(UNICODE_STRING), 0);
        *counted = new UNICODE_STRING { Length = (ushort)bytes, MaximumLength = (ushort)bytes, Buffer = buffer };
        return counted;
    }

    // Text as bytes of the characters' low halves: the cases name bytes by number.
    private static byte* Narrow(string text)
    {
        var bytes = (byte*)NtKernel.Current.Pool.Allocate((nuint)text.Length + 1, 0, zero: true);
        for (int i = 0; i < text.Length; i++)
            bytes[i] = (byte)text[i];
        return bytes;
    }

    private static char* Wide(string text)
    {
        var characters = (char*)NtKernel.Current.Pool.Allocate((nuint)(text.Length + 1) * sizeof(char), 0, zero: true);
        text.CopyTo(new Span<char>(characters, text.Length));
        return characters;
    }

    private static string TextOf(byte* bytes, int length)
    {
        UNICODE_STRING text = default;
        var source = new ANSI_STRING { Length = (ushort)length, MaximumLength = (ushort)length, Buffer = bytes };
        Assert.Equal(STATUS_SUCCESS, RtlAnsiStringToUnicodeString(&text, &source, true));
        return new string(text.Buffer, 0, length);
    }

    private sealed class DebugLog : IKernelObserver
    {
        public List<string> Lines { get; } = [];

        public List<string> Violations { get; } = [];

        public void OnEvent(in KernelEvent kernelEvent)
        {
            if (kernelEvent.Kind == KernelEventKind.DebugPrint)
                Lines.Add(kernelEvent.Text!);
            else if (kernelEvent.Kind == KernelEventKind.Violation)
                Violations.Add(kernelEvent.Text!);
        }
    }
}
