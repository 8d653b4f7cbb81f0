using System.Globalization;

namespace Hil.Kernel.Tests.Rtl;

public sealed unsafe class StringTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public static IEnumerable<TheoryDataRow<string, string[]>> IntegerCases => TextCases.Read("Rtl/integers.txt");

    public static IEnumerable<TheoryDataRow<string, string[]>> StringCases => TextCases.Read("Rtl/strings.txt");

    public void Dispose() => _machine.Dispose();

    [Theory]
    [MemberData(nameof(IntegerCases))]
    public void IntegersAreWrittenAndRead(string place, string[] fields) => _machine.Run(() =>
    {
        if (fields[0] == "write")
        {
            UNICODE_STRING* text = Buffer(int.Parse(fields[3], CultureInfo.InvariantCulture));
            ulong value = ulong.Parse(fields[1], CultureInfo.InvariantCulture);
            uint radix = uint.Parse(fields[2], CultureInfo.InvariantCulture);
            NTSTATUS status = value <= uint.MaxValue
                ? RtlIntegerToUnicodeString((uint)value, radix, text)
                : RtlInt64ToUnicodeString(value, radix, text);
            Assert.Equal((place, "STATUS_" + fields[4], fields[5]), (place, status.ToString(), Text(text)));
        }
        else
        {
            uint value = 0;
            NTSTATUS status = RtlUnicodeStringToInteger(
                String(fields[1]), uint.Parse(fields[2], CultureInfo.InvariantCulture), &value);
            Assert.Equal(
                (place, "STATUS_" + fields[3], fields[4]),
                (place, status.ToString(), value.ToString(CultureInfo.InvariantCulture)));
        }
    });

    [Theory]
    [MemberData(nameof(StringCases))]
    public void StringsAreComparedJoinedAndConverted(string place, string[] fields) => _machine.Run(() =>
    {
        string[] actual = fields[0] switch
        {
            "compare" => [Math.Sign(RtlCompareUnicodeString(String(fields[1]), String(fields[2]), fields[3] == "yes"))
                .ToString(CultureInfo.InvariantCulture)],
            "prefix" =>
                [RtlPrefixUnicodeString(String(fields[1]), String(fields[2]), fields[3] == "yes") ? "yes" : "no"],
            "append" => Append(fields),
            "toansi" => ToAnsi(fields),
            "tounicode" => ToUnicode(fields),
            _ => throw new FormatException(fields[0]),
        };

        Assert.Equal((place, string.Join('|', fields[^actual.Length..])), (place, string.Join('|', actual)));
    });

    [Fact]
    public void LongStringIsCutByRtlInitUnicodeStringAndRefusedByTheExForm() => _machine.Run(() =>
    {
        char* text = Characters(new string('x', 40_000));
        UNICODE_STRING* counted = _machine.New<UNICODE_STRING>();
        RtlInitUnicodeString(counted, text);

        Assert.Equal((0xFFFC, 0xFFFE), (counted->Length, counted->MaximumLength));
        Assert.Equal(STATUS_NAME_TOO_LONG, RtlInitUnicodeStringEx(counted, text));
    });

    [Fact]
    public void CopyCutsAndTerminatesIfThereIsRoom() => _machine.Run(() =>
    {
        UNICODE_STRING* target = Buffer(6);
        RtlCopyUnicodeString(target, String("abcdef"));
        Assert.Equal("abc", Text(target));

        RtlCopyUnicodeString(target, String("x"));
        Assert.Equal("x", Text(target));
        Assert.Equal('\0', target->Buffer[1]);
    });

    [Fact]
    public void CreatedStringIsFreedOnce()
    {
        _machine.Run(() =>
        {
            UNICODE_STRING* text = _machine.New<UNICODE_STRING>();
            Assert.True(RtlCreateUnicodeString(text, Characters("hello")));
            Assert.Equal("hello", Text(text));
            RtlFreeUnicodeString(text);
            Assert.True(text->Buffer == null);
        });

        Assert.Empty(_machine.Kernel.Pool.Outstanding());
    }

    [Fact]
    public void GuidGoesToTextAndBack() => _machine.Run(() =>
    {
        Guid* guid = _machine.New<Guid>();
        *guid = new Guid("3f2504e0-4f89-41d3-9a0c-0305e82c3301");
        UNICODE_STRING* text = _machine.New<UNICODE_STRING>();
        Guid* back = _machine.New<Guid>();

        Assert.Equal(STATUS_SUCCESS, RtlStringFromGUID(guid, text));
        Assert.Equal("{3F2504E0-4F89-41D3-9A0C-0305E82C3301}", Text(text));
        Assert.Equal(STATUS_SUCCESS, RtlGUIDFromString(text, back));
        Assert.Equal(*guid, *back);
        Assert.Equal(STATUS_INVALID_PARAMETER, RtlGUIDFromString(String("3F2504E0-4F89"), back));
    });

    [Fact]
    public void Utf8GoesBothWaysAndMalformedTextIsReported() => _machine.Run(() =>
    {
        byte* utf8 = (byte*)_machine.Kernel.Pool.Allocate(64, 0, zero: true);
        uint* bytes = _machine.New<uint>();
        const string Sample = "a\u00e4\u20ac\U0001F600";
        char* text = Characters(Sample);

        Assert.Equal(STATUS_SUCCESS, RtlUnicodeToUTF8N(utf8, 64, bytes, text, (uint)Sample.Length * 2));
        Assert.Equal(System.Text.Encoding.UTF8.GetBytes(Sample), new Span<byte>(utf8, (int)*bytes).ToArray());
        Assert.Equal(STATUS_BUFFER_TOO_SMALL, RtlUnicodeToUTF8N(utf8, 3, bytes, text, (uint)Sample.Length * 2));
        utf8[0] = 0xFF;
        Assert.Equal(STATUS_SOME_NOT_MAPPED, RtlUTF8ToUnicodeN(text, 8, bytes, utf8, 1));
        Assert.Equal('\uFFFD', text[0]);
    });

    [Fact]
    public void CopyBeyondTheEndOfAPoolBlockStopsTheMachine()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            void* pool = ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 16, 0x20202020);
            memset(pool, 0, 17);
        });

        Assert.Equal(BugCheckCodes.DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION, report.Code);
        Assert.Contains("memset", report.Reason, StringComparison.Ordinal);
    }

    private static string[] Append(string[] fields)
    {
        UNICODE_STRING* target = Buffer(int.Parse(fields[2], CultureInfo.InvariantCulture));
        RtlAppendUnicodeToString(target, Characters(fields[1]));
        NTSTATUS status = RtlAppendUnicodeStringToString(target, String(fields[3]));
        return [Name(status), Text(target)];
    }

    private static string[] ToAnsi(string[] fields)
    {
        bool allocate = fields[2] == "alloc";
        UNICODE_STRING* memory = Buffer(allocate ? 0 : int.Parse(fields[2], CultureInfo.InvariantCulture));
        var target = new ANSI_STRING { MaximumLength = memory->MaximumLength, Buffer = (byte*)memory->Buffer };
        NTSTATUS status = RtlUnicodeStringToAnsiString(&target, String(fields[1]), allocate);
        string text = string.Concat(new Span<byte>(target.Buffer, target.Length).ToArray().Select(b => (char)b));
        return [Name(status), text];
    }

    private static string[] ToUnicode(string[] fields)
    {
        bool allocate = fields[2] == "alloc";
        UNICODE_STRING* target = Buffer(allocate ? 0 : int.Parse(fields[2], CultureInfo.InvariantCulture));
        byte* bytes = (byte*)NtKernel.Current.Pool.Allocate((nuint)fields[1].Length + 1, 0, zero: true);
        for (int i = 0; i < fields[1].Length; i++)
            bytes[i] = (byte)fields[1][i];
        ANSI_STRING source = default;
        RtlInitAnsiString(&source, bytes);
        return [Name(RtlAnsiStringToUnicodeString(target, &source, allocate)), Text(target)];
    }

    private static string Name(NTSTATUS status) => status.ToString()["STATUS_".Length..];

    private static string Text(UNICODE_STRING* text) => new(text->Buffer, 0, text->Length / 2);

    private static UNICODE_STRING* Buffer(int bytes)
    {
        var text = (UNICODE_STRING*)NtKernel.Current.Pool.Allocate((nuint)sizeof(UNICODE_STRING), 0, zero: true);
        text->MaximumLength = (ushort)bytes;
        text->Buffer = (char*)NtKernel.Current.Pool.Allocate((nuint)bytes, 0, zero: true);
        return text;
    }

    private static UNICODE_STRING* String(string value)
    {
        UNICODE_STRING* text = Buffer(0);
        RtlInitUnicodeString(text, Characters(value));
        return text;
    }

    private static char* Characters(string text)
    {
        var characters = (char*)NtKernel.Current.Pool.Allocate((nuint)(text.Length + 1) * 2, 0, zero: true);
        text.CopyTo(new Span<char>(characters, text.Length));
        return characters;
    }
}
