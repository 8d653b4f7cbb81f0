namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Reads formatted text. A buffer for characters is followed by its size in characters.</summary>
    /// <returns>How many conversions were stored; -1 when the text ended before the first one.</returns>
    /// <remarks>C runtime: sscanf_s.</remarks>
    [Export]
    public static int sscanf_s(
        [UncheckedPointer] byte* buffer, [UncheckedPointer] byte* format, VarArgs arguments) =>
        ScanFormat.Narrow(buffer, ulong.MaxValue, format, arguments.Slots);

    /// <summary>As sscanf_s, of at most a number of characters.</summary>
    /// <remarks>C runtime: _snscanf_s.</remarks>
    [Export]
    public static int _snscanf_s(
        [UncheckedPointer] byte* buffer, nuint length, [UncheckedPointer] byte* format, VarArgs arguments) =>
        ScanFormat.Narrow(buffer, length, format, arguments.Slots);

    /// <inheritdoc cref="sscanf_s"/>
    /// <remarks>C runtime: swscanf_s.</remarks>
    [Export]
    public static int swscanf_s(
        [UncheckedPointer] char* buffer, [UncheckedPointer] char* format, VarArgs arguments) =>
        ScanFormat.Wide(buffer, ulong.MaxValue, format, arguments.Slots);

    /// <inheritdoc cref="_snscanf_s"/>
    /// <remarks>C runtime: _snwscanf_s.</remarks>
    [Export]
    public static int _snwscanf_s(
        [UncheckedPointer] char* buffer, nuint length, [UncheckedPointer] char* format, VarArgs arguments) =>
        ScanFormat.Wide(buffer, length, format, arguments.Slots);
}
