using System.Globalization;

namespace Hil.Trace;

/// <summary>A signal of a value change dump, with its last value.</summary>
internal sealed class VcdSignal(int number, string scope, string name, int bits)
{
    // Identifier codes are made of the printable characters from ! to ~.
    private const int FirstCode = '!';
    private const int Codes = '~' - '!' + 1;

    public string Scope { get; } = scope;

    public string Name { get; } = name;

    public int Bits { get; } = bits;

    public string Code { get; } = MakeCode(number);

    public ulong Value { get; private set; }

    /// <summary>Takes a value, cut to the signal's width; false when it has it already.</summary>
    public bool TrySet(ulong value)
    {
        if (Bits < 64)
            value &= (1UL << Bits) - 1;
        if (value == Value)
            return false;
        Value = value;
        return true;
    }

    public void Write(TextWriter output) => output.WriteLine(Bits == 1
        ? Value.ToString(CultureInfo.InvariantCulture) + Code
        : $"b{Value:b} {Code}");

    private static string MakeCode(int number)
    {
        string code = "";
        do
        {
            code += (char)(FirstCode + number % Codes);
            number /= Codes;
        }
        while (number != 0);
        return code;
    }
}
