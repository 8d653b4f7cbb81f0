using System.Globalization;

namespace Hil.Kernel.Tests.Rtl;

/// <summary>The C runtime's routines with buffer sizes, its numbers, paths, scanning and sorting.</summary>
public sealed unsafe class CrtTests : IDisposable
{
    private const int ScanUnits = 16;

    private readonly TestMachine _machine = new();

    public static IEnumerable<TheoryDataRow<string, string[]>> ScanCases => TextCases.Read("Rtl/scanf.txt");

    public void Dispose() => _machine.Dispose();

    [Theory]
    [MemberData(nameof(ScanCases))]
    public void ScansAsTheRuntimeDoes(string place, string[] fields) => _machine.Run(() =>
    {
        string[] expected = fields[2..];
        Assert.Equal((place, string.Join('|', expected)), (place, string.Join('|', Scan(fields, isWide: false))));
        Assert.Equal((place, string.Join('|', expected)), (place, string.Join('|', Scan(fields, isWide: true))));
    });

    [Theory]
    [InlineData("abc", 4, 0, "abc")]
    [InlineData("abc", 3, ERANGE, "")]
    [InlineData("", 1, 0, "")]
    [InlineData(null, 4, EINVAL, "")]
    [InlineData("abc", 0, ERANGE, "####")]
    public void CopyEitherFitsOrLeavesAnEmptyString(string? source, int size, int error, string result) =>
        _machine.Run(() =>
        {
            byte* narrow = Narrow("####");
            Assert.Equal(error, strcpy_s(narrow, (nuint)size, Narrow(source)));
            Assert.Equal(result, TextOf(narrow));
            char* wide = Wide("####");
            Assert.Equal(error, wcscpy_s(wide, (nuint)size, Wide(source)));
            Assert.Equal(result, new string(wide));
        });

    [Theory]
    [InlineData("ab", "cd", 5, 0, "abcd")]
    [InlineData("ab", "cd", 4, ERANGE, "")]
    [InlineData("ab", "cd", 2, EINVAL, "")] // Its terminator is beyond the size.
    [InlineData("ab", null, 5, EINVAL, "")]
    public void AppendEitherFitsOrLeavesAnEmptyString(
        string text, string? source, int size, int error, string result) => _machine.Run(() =>
    {
        byte* narrow = Narrow(text, 8);
        Assert.Equal(error, strcat_s(narrow, (nuint)size, Narrow(source)));
        Assert.Equal(result, TextOf(narrow));
        char* wide = Wide(text, 8);
        Assert.Equal(error, wcscat_s(wide, (nuint)size, Wide(source)));
        Assert.Equal(result, new string(wide));
    });

    [Theory]
    [InlineData("long", 5, 4ul, 0, "long")]
    [InlineData("long", 5, 2ul, 0, "lo")]
    [InlineData("longer", 5, 5ul, ERANGE, "")]
    [InlineData("longer", 5, _TRUNCATE, STRUNCATE, "long")]
    [InlineData("long", 5, _TRUNCATE, 0, "long")]
    [InlineData(null, 5, 0ul, 0, "")]
    [InlineData(null, 5, 1ul, EINVAL, "")]
    [InlineData("x", 0, 1ul, EINVAL, "########")]
    public void CountedCopyCutsOnlyOnRequest(string? source, int size, ulong count, int error, string result) =>
        _machine.Run(() =>
        {
            byte* narrow = Narrow("########");
            Assert.Equal(error, strncpy_s(narrow, (nuint)size, Narrow(source), (nuint)count));
            Assert.Equal(result, TextOf(narrow));
            char* wide = Wide("########");
            Assert.Equal(error, wcsncpy_s(wide, (nuint)size, Wide(source), (nuint)count));
            Assert.Equal(result, new string(wide));
        });

    [Theory]
    [InlineData("hi ", "there", 10, 4ul, 0, "hi ther")]
    [InlineData("hello ", "there", 10, 4ul, ERANGE, "")]
    [InlineData("hello ", "there", 10, _TRUNCATE, STRUNCATE, "hello the")]
    [InlineData("hello ", "!", 10, _TRUNCATE, 0, "hello !")]
    [InlineData("hello ", null, 10, 1ul, EINVAL, "hello ")]
    [InlineData("hello ", "x", 6, 1ul, EINVAL, "hello ")]
    public void CountedAppendCutsOnlyOnRequest(
        string text, string? source, int size, ulong count, int error, string result) => _machine.Run(() =>
    {
        byte* narrow = Narrow(text, 12);
        Assert.Equal(error, strncat_s(narrow, (nuint)size, Narrow(source), (nuint)count));
        Assert.Equal(result, TextOf(narrow));
        char* wide = Wide(text, 12);
        Assert.Equal(error, wcsncat_s(wide, (nuint)size, Wide(source), (nuint)count));
        Assert.Equal(result, new string(wide));
    });

    [Fact]
    public void NullDestinationIsAnErrorAndNoFault() => _machine.Run(() =>
    {
        Assert.Equal(EINVAL, strcpy_s(null, 4, Narrow("x")));
        Assert.Equal(EINVAL, wcscat_s(null, 4, Wide("x")));
        Assert.Equal(EINVAL, strncpy_s(null, 4, Narrow("x"), 1));
        Assert.Equal(0, strncpy_s(null, 0, null, 0));
        Assert.Equal(EINVAL, _itoa_s(1, null, 4, 10));
        Assert.Equal(EINVAL, memcpy_s(null, 4, Narrow("x"), 1));
        Assert.Equal(-1, vsprintf_s(null, 4, Narrow("x"), null));
        Assert.Equal(-1, sscanf_s(null, Narrow("x"), default));
    });

    [Fact]
    public void MemoryThatDoesNotFitIsNotCopied() => _machine.Run(() =>
    {
        byte* memory = Narrow("abcd");
        Assert.Equal(ERANGE, memmove_s(memory, 2, Narrow("xyz"), 3));
        Assert.Equal("abcd", TextOf(memory));
        Assert.Equal(0, memmove_s(memory + 1, 3, memory, 3));
        Assert.Equal("aabc", TextOf(memory));
        Assert.Equal(ERANGE, memcpy_s(memory, 2, Narrow("xyz"), 3));
        Assert.Equal([0, 0, (byte)'b', (byte)'c'], new Span<byte>(memory, 4).ToArray());
        Assert.Equal(0, memcpy_s(memory, 4, Narrow("wxyz"), 4));
        Assert.Equal("wxyz", TextOf(memory));
    });

    [Fact]
    public void TokensArePartsBetweenDelimiters() => _machine.Run(() =>
    {
        byte* text = Narrow(",,a bc, ,d");
        byte** context = (byte**)_machine.New<nint>();
        var tokens = new List<string>();
        for (byte* token = strtok_s(text, Narrow(", "), context); token != null;)
        {
            tokens.Add(TextOf(token));
            token = strtok_s(null, Narrow(", "), context);
        }

        Assert.Equal(["a", "bc", "d"], tokens);
        Assert.True(strtok_s(null, Narrow(","), context) == null);
        Assert.True(strtok_s(text, null, context) == null);
    });

    [Fact]
    public void StringsAreFilledAndReversed() => _machine.Run(() =>
    {
        byte* text = Narrow("abcd", 8);
        Assert.Equal("xxcd", TextOf(_strnset(text, 'x', 2)));
        Assert.Equal("dcxx", TextOf(_strrev(text)));
        Assert.Equal("zzzz", TextOf(_strset(text, 'z')));
        Assert.Equal(0, _strset_s(text, 8, 'y'));
        Assert.Equal("yyyy", TextOf(text));
        Assert.Equal(0, _strnset_s(text, 8, 'x', 100));
        Assert.Equal("xxxx", TextOf(text));
        Assert.Equal(EINVAL, _strset_s(text, 4, 'y'));
        Assert.Equal("", TextOf(text));

        char* wide = Wide("abc", 8);
        Assert.Equal("cba", new string(_wcsrev(wide)));
        Assert.Equal("--a", new string(_wcsnset(wide, '-', 2)));
        Assert.Equal(0, _wcsset_s(wide, 8, '+'));
        Assert.Equal("+++", new string(wide));
        Assert.Equal(0, _wcsnset_s(wide, 8, '=', 1));
        Assert.Equal("=++", new string(wide));
        Assert.Equal(2u, wcscspn(Wide("ab,c;"), Wide(";,")));
        Assert.Equal(3u, wcscspn(Wide("abc"), Wide(";,")));
    });

    [Theory]
    [InlineData(-1, 10, "-1")]
    [InlineData(-1, 2, "11111111111111111111111111111111")]
    [InlineData(-1, 9, "12068657453")]
    [InlineData(int.MinValue, 10, "-2147483648")]
    [InlineData(35, 36, "z")]
    [InlineData(0, 10, "0")]
    public void IntegersAreWrittenInAnyBase(int value, int radix, string text) => _machine.Run(() =>
    {
        Assert.Equal(text, TextOf(_itoa(value, Narrow("", 40), radix)));
        Assert.Equal(text, new string(_itow(value, Wide("", 40), radix)));
        byte* buffer = Narrow("#", 40);
        Assert.Equal(EINVAL, _ltoa_s(value, buffer, (nuint)text.Length, radix));
        Assert.Equal("", TextOf(buffer));
        Assert.Equal(0, _ltoa_s(value, buffer, (nuint)text.Length + 1, radix));
        Assert.Equal(text, TextOf(buffer));
        Assert.Equal(EINVAL, _itoa_s(value, buffer, 40, 37));
    });

    [Fact]
    public void LongIntegersAreWritten() => _machine.Run(() =>
    {
        byte* narrow = Narrow("", 72);
        char* wide = Wide("", 72);
        Assert.Equal(0, _i64toa_s(-1, narrow, 72, 2));
        Assert.Equal(new string('1', 64), TextOf(narrow));
        Assert.Equal(0, _i64tow_s(long.MinValue, wide, 72, 10));
        Assert.Equal("-9223372036854775808", new string(wide));
        Assert.Equal(0, _ui64toa_s(ulong.MaxValue, narrow, 72, 10));
        Assert.Equal("18446744073709551615", TextOf(narrow));
        Assert.Equal(0, _ui64tow_s(ulong.MaxValue, wide, 72, 16));
        Assert.Equal("ffffffffffffffff", new string(wide));
        Assert.Equal(0, _ultoa_s(uint.MaxValue, narrow, 72, 10));
        Assert.Equal("4294967295", TextOf(narrow));
        Assert.Equal(0, _ultow_s(uint.MaxValue, wide, 72, 10));
        Assert.Equal("4294967295", new string(wide));
        Assert.Equal(0, _ltow_s(-5, wide, 72, 10));
        Assert.Equal("-5", new string(wide));
        Assert.Equal(0, _itow_s(-5, wide, 72, 16));
        Assert.Equal("fffffffb", new string(wide));
    });

    [Theory]
    [InlineData("  -12x", -12)]
    [InlineData("+7", 7)]
    [InlineData("x", 0)]
    [InlineData("99999999999", int.MaxValue)]
    [InlineData("-99999999999", int.MinValue)]
    public void DecimalNumbersAreRead(string text, int value) => _machine.Run(() =>
    {
        Assert.Equal([value, value], new[] { atoi(Narrow(text)), atol(Narrow(text)) });
        Assert.Equal([value, value], new[] { _wtoi(Wide(text)), _wtol(Wide(text)) });
    });

    [Theory]
    [InlineData("0x1fg", 0, 0x1Fu, 4)]
    [InlineData("0x1fg", 16, 0x1Fu, 4)]
    [InlineData("0x", 16, 0u, 1)]
    [InlineData("017", 0, 15u, 3)]
    [InlineData(" 42 ", 0, 42u, 3)]
    [InlineData("-1", 10, uint.MaxValue, 2)]
    [InlineData("99999999999", 10, uint.MaxValue, 11)]
    [InlineData("zz", 36, 35u * 36 + 35, 2)]
    [InlineData("xyz", 10, 0u, 0)]
    [InlineData("12", 1, 0u, 0)]
    public void UnsignedNumbersAreReadAndTheirEndTold(string text, int radix, uint value, int end) => _machine.Run(() =>
    {
        char* wide = Wide(text);
        char** behind = (char**)_machine.New<nint>();
        Assert.Equal(value, wcstoul(wide, behind, radix));
        Assert.Equal(end, *behind - wide);
        if (value != uint.MaxValue)
            Assert.Equal(value, _strtoui64(Narrow(text), null, radix));
    });

    [Fact]
    public void PathsAreTakenApartAndPutTogether() => _machine.Run(() =>
    {
        byte* path = Narrow("", 32);
        Assert.Equal(0, _makepath_s(path, 32, Narrow("c"), Narrow(@"\a\b"), Narrow("file"), Narrow("sys")));
        Assert.Equal(@"c:\a\b\file.sys", TextOf(path));
        Assert.Equal(ERANGE, _makepath_s(path, 5, Narrow("c"), Narrow(@"\a"), Narrow("file"), null));
        Assert.Equal("", TextOf(path));
        Assert.Equal(EINVAL, _makepath_s(null, 5, null, null, null, null));

        char* drive = Wide("", 4);
        char* directory = Wide("", 16);
        char* name = Wide("", 16);
        char* end = Wide("", 16);
        Assert.Equal(0, _wsplitpath_s(Wide(@"c:\a.b/c\file.x.sys"), drive, 4, directory, 16, name, 16, end, 16));
        Assert.Equal(["c:", @"\a.b/c\", "file.x", ".sys"],
            new[] { new string(drive), new string(directory), new string(name), new string(end) });
        Assert.Equal(ERANGE, _wsplitpath_s(Wide(@"c:\longer"), drive, 4, null, 0, name, 3, null, 0));
        Assert.Equal(["", ""], new[] { new string(drive), new string(name) });
        Assert.Equal(EINVAL, _splitpath_s(Narrow("x"), null, 1, null, 0, null, 0, null, 0));
        char* made = Wide("", 16);
        Assert.Equal(0, _wmakepath_s(made, 16, null, null, Wide("n"), Wide(".e")));
        Assert.Equal("n.e", new string(made));
        Assert.Equal(0, _splitpath_s(Narrow("n.e"), null, 0, null, 0, path, 32, null, 0));
        Assert.Equal("n", TextOf(path));
    });

    [Fact]
    public void CharactersConvertBothWays() => _machine.Run(() =>
    {
        char* wide = Wide("####", 8);
        byte* narrow = Narrow("####", 8);
        Assert.Equal(3u, mbstowcs(wide, Narrow("a\u0080c"), 8));
        Assert.Equal("a\u20ACc", new string(wide));
        Assert.Equal(3u, wcstombs(narrow, wide, 3));
        Assert.Equal("a\u0080c#", TextOf(narrow)); // No room for the terminator.
        Assert.Equal(nuint.MaxValue, wcstombs(null, Wide("\u4E00"), 0));
        Assert.Equal(2u, wcstombs(null, Wide("ab"), 0));
        Assert.Equal(2u, mbstowcs(null, Narrow("ab"), 0));
        Assert.Equal((1, -1, 0), (wctomb(narrow, 'x'), wctomb(narrow, '\u4E00'), wctomb(null, 'x')));
        Assert.Equal((1, 0, 0), (mbtowc(wide, Narrow("y"), 1), mbtowc(wide, Narrow(""), 1), mbtowc(wide, null, 1)));
        Assert.Equal(('\u00C4', '\u00E4'), (towupper('\u00E4'), towlower('\u00C4')));
    });

    [Fact]
    public void CharactersHaveTheirClassesInTheCLocale()
    {
        string Members(Func<int, int> isMember) =>
            string.Concat(Enumerable.Range(0, 256).Where(c => isMember(c) != 0).Select(c => (char)c));

        Assert.Equal("0123456789", Members(isdigit));
        Assert.Equal("0123456789ABCDEFabcdef", Members(isxdigit));
        Assert.Equal("ABCDEFGHIJKLMNOPQRSTUVWXYZ", Members(isupper));
        Assert.Equal("abcdefghijklmnopqrstuvwxyz", Members(islower));
        Assert.Equal("\t\n\v\f\r ", Members(isspace));
        Assert.Equal(95, Members(isprint).Length);
    }

    [Theory]
    [InlineData(6, 5ul, 5, "12345")]
    [InlineData(5, 5ul, -1, "")]
    [InlineData(9, 3ul, -1, "123")]
    [InlineData(4, _TRUNCATE, -1, "123")]
    [InlineData(6, _TRUNCATE, 5, "12345")]
    [InlineData(6, 100ul, 5, "12345")]
    public void BoundedPrintAlwaysTerminates(int size, ulong count, int result, string text) => _machine.Run(() =>
    {
        ulong argument = 12345;
        byte* narrow = Narrow("#########", 12);
        Assert.Equal(result, _snprintf_s(narrow, (nuint)size, (nuint)count, Narrow("%d"), new VarArgs(&argument)));
        Assert.Equal(text, TextOf(narrow));
        char* wide = Wide("#########", 12);
        Assert.Equal(result, _snwprintf_s(wide, (nuint)size, (nuint)count, Wide("%d"), new VarArgs(&argument)));
        Assert.Equal(text, new string(wide));
    });

    [Fact]
    public void PrintIntoASizedBufferIsAllOrNothing() => _machine.Run(() =>
    {
        ulong argument = 12345;
        byte* narrow = Narrow("###", 12);
        Assert.Equal(5, sprintf_s(narrow, 6, Narrow("%d"), new VarArgs(&argument)));
        Assert.Equal("12345", TextOf(narrow));
        Assert.Equal(-1, sprintf_s(narrow, 5, Narrow("%d"), new VarArgs(&argument)));
        Assert.Equal("", TextOf(narrow));
        char* wide = Wide("###", 12);
        Assert.Equal(5, swprintf_s(wide, 6, Wide("%d"), new VarArgs(&argument)));
        Assert.Equal(-1, vswprintf_s(wide, 5, Wide("%d"), &argument));
        Assert.Equal("", new string(wide));
        Assert.Equal(5, _swprintf(wide, Wide("%d"), new VarArgs(&argument)));
        Assert.Equal("12345", new string(wide));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(500)]
    public void SortedElementsAreFound(int count) => _machine.Run(() =>
    {
        int[] numbers = [.. Enumerable.Range(0, count).Select(i => unchecked(i * 7919 % 601) * 2)];
        int* array = (int*)_machine.Kernel.Pool.Allocate((nuint)Math.Max(count, 1) * sizeof(int), 0);
        numbers.CopyTo(new Span<int>(array, count));
        DriverRoutine compare = _machine.Routine(
            (left, right, _, _) => (uint)(*(int*)left).CompareTo(*(int*)right));

        qsort((byte*)array, (nuint)count, sizeof(int), compare);

        Array.Sort(numbers);
        Assert.Equal(numbers, new Span<int>(array, count).ToArray());
        int* key = _machine.New<int>();
        foreach (int number in numbers)
        {
            *key = number;
            Assert.Equal(number, *(int*)bsearch(key, (byte*)array, (nuint)count, sizeof(int), compare));
            *key = number + 1;
            Assert.True(bsearch(key, (byte*)array, (nuint)count, sizeof(int), compare) == null);
        }
    });

    [Fact]
    public void ArrayThatTheComparisonFreesStopsTheMachine()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            void* array = ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 16, 0x20202020);
            bool isFreed = false;
            qsort((byte*)array, 2, 8, _machine.Routine((_, _, _, _) =>
            {
                if (!isFreed)
                    ExFreePool(array);
                isFreed = true;
                return uint.MaxValue;
            }));
        });

        Assert.Equal(BugCheckCodes.DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL, report.Code);
    }

    [Fact]
    public void PureVirtualCallRaises() => _machine.Run(() =>
        Assert.Equal(STATUS_NOT_IMPLEMENTED, Assert.Throws<GuestRaiseException>(() => _purecall()).Status));

    [Fact]
    public void NobodyAnswersAPromptOrBreaksIn() => _machine.Run(() =>
    {
        Assert.Equal(0u, DbgPrompt(Narrow("well?"), Narrow("", 8), 8));
        Assert.Equal(STATUS_SUCCESS, DbgPrintReturnControlC(Narrow("x"), default));
    });

    private string[] Scan(string[] fields, bool isWide)
    {
        var slots = (ulong*)_machine.Kernel.Pool.Allocate(16 * sizeof(ulong), 0, zero: true);
        int stored = fields.Length - 3;
        int slot = 0;
        var places = new ulong[stored];
        for (int i = 0; i < stored; i++)
        {
            places[i] = slots[slot++] = (ulong)_machine.Kernel.Pool.Allocate(ScanUnits * sizeof(char), 0, zero: true);
            if (!char.IsAsciiDigit(fields[3 + i].FirstOrDefault()))
                slots[slot++] = ScanUnits;
        }
        int result = isWide
            ? swscanf_s(Wide(fields[0]), Wide(fields[1]), new VarArgs(slots))
            : sscanf_s(Narrow(fields[0]), Narrow(fields[1]), new VarArgs(slots));
        var found = new List<string> { result.ToString(CultureInfo.InvariantCulture) };
        for (int i = 0; i < stored; i++)
        {
            bool isNumber = char.IsAsciiDigit(fields[3 + i].FirstOrDefault());
            found.Add(isNumber ? (*(ulong*)places[i]).ToString(CultureInfo.InvariantCulture)
                : isWide ? new string((char*)places[i]) : TextOf((byte*)places[i]));
        }
        return [.. found];
    }

    private byte* Narrow(string? text, int bytes = 0)
    {
        if (text == null)
            return null;
        var memory = (byte*)_machine.Kernel.Pool.Allocate((nuint)Math.Max(text.Length + 1, bytes), 0, zero: true);
        for (int i = 0; i < text.Length; i++)
            memory[i] = (byte)text[i];
        return memory;
    }

    private char* Wide(string? text, int units = 0)
    {
        if (text == null)
            return null;
        nuint bytes = (nuint)Math.Max(text.Length + 1, units) * sizeof(char);
        var memory = (char*)_machine.Kernel.Pool.Allocate(bytes, 0, zero: true);
        text.CopyTo(new Span<char>(memory, text.Length));
        return memory;
    }

    private static string TextOf(byte* text) =>
        string.Concat(new Span<byte>(text, (int)strlen(text)).ToArray().Select(one => (char)one));
}
