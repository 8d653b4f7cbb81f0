namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>1 for a decimal digit, else 0.</summary>
    /// <remarks>C runtime: isdigit, in the C locale.</remarks>
    [Export]
    public static int isdigit(int character) => character is >= '0' and <= '9' ? 1 : 0;

    /// <summary>1 for a hexadecimal digit, else 0.</summary>
    /// <remarks>C runtime: isxdigit, in the C locale.</remarks>
    [Export]
    public static int isxdigit(int character) => CrtCharacters.DigitOf(character) < 16 ? 1 : 0;

    /// <summary>1 for an upper-case letter, else 0.</summary>
    /// <remarks>C runtime: isupper, in the C locale.</remarks>
    [Export]
    public static int isupper(int character) => character is >= 'A' and <= 'Z' ? 1 : 0;

    /// <summary>1 for a lower-case letter, else 0.</summary>
    /// <remarks>C runtime: islower, in the C locale.</remarks>
    [Export]
    public static int islower(int character) => character is >= 'a' and <= 'z' ? 1 : 0;

    /// <summary>1 for white space, else 0.</summary>
    /// <remarks>C runtime: isspace, in the C locale.</remarks>
    [Export]
    public static int isspace(int character) => CrtCharacters.IsSpace(character) ? 1 : 0;

    /// <summary>1 for printable, else 0.</summary>
    /// <remarks>C runtime: isprint, in the C locale.</remarks>
    [Export]
    public static int isprint(int character) => character is >= ' ' and <= '~' ? 1 : 0;

    /// <summary>Upper case of a UTF-16 character, by the kernel's own table.</summary>
    /// <remarks>C runtime: towupper.</remarks>
    [Export]
    public static char towupper(char character) => RtlUpcaseUnicodeChar(character);

    /// <summary>Lower case of a UTF-16 character, by the kernel's own table.</summary>
    /// <remarks>C runtime: towlower.</remarks>
    [Export]
    public static char towlower(char character) => RtlDowncaseUnicodeChar(character);
}
