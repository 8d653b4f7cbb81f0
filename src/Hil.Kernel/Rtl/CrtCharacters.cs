namespace Hil.Kernel;

/// <summary>What characters are to the C runtime, in the C locale.</summary>
internal static class CrtCharacters
{
    public static bool IsSpace(int character) => character is >= '\t' and <= '\r' or ' ';

    /// <summary>The value of a digit in bases up to 36; more for what is none.</summary>
    public static uint DigitOf(int character) => character switch
    {
        >= '0' and <= '9' => (uint)character - '0',
        >= 'a' and <= 'z' => (uint)character - 'a' + 10,
        >= 'A' and <= 'Z' => (uint)character - 'A' + 10,
        _ => uint.MaxValue,
    };
}
