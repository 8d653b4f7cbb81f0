using System.Buffers.Text;

namespace Hil.Machine.Buses;

/// <summary>Formats one qtest command line without allocating. The protocol is text: <c>writel 0xfee00000
/// 0x2f\n</c>.</summary>
internal ref struct QtestCommand
{
    /// <summary>Room for the longest command: a name, a 64-bit address and a 64-bit value.</summary>
    public const int BytesMax = 64;

    private readonly Span<byte> _target;
    private int _length;

    public QtestCommand(Span<byte> target, ReadOnlySpan<byte> name)
    {
        _target = target;
        name.CopyTo(target);
        _length = name.Length;
    }

    public QtestCommand Number(ulong value)
    {
        " 0x"u8.CopyTo(_target[_length..]);
        _length += 3;
        bool formatted = Utf8Formatter.TryFormat(value, _target[_length..], out int written, 'x');
        Invariant.Holds(formatted, "a qtest command fits its buffer");
        _length += written;
        return this;
    }

    public int End()
    {
        _target[_length] = (byte)'\n';
        return _length + 1;
    }

    public static ReadOnlySpan<byte> ReadName(int width) => width switch
    {
        1 => "readb"u8,
        2 => "readw"u8,
        4 => "readl"u8,
        8 => "readq"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(width), width, "memory is accessed in 1, 2, 4 or 8 bytes"),
    };

    public static ReadOnlySpan<byte> WriteName(int width) => width switch
    {
        1 => "writeb"u8,
        2 => "writew"u8,
        4 => "writel"u8,
        8 => "writeq"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(width), width, "memory is accessed in 1, 2, 4 or 8 bytes"),
    };

    public static ReadOnlySpan<byte> InName(int width) => width switch
    {
        1 => "inb"u8,
        2 => "inw"u8,
        4 => "inl"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(width), width, "ports are accessed in 1, 2 or 4 bytes"),
    };

    public static ReadOnlySpan<byte> OutName(int width) => width switch
    {
        1 => "outb"u8,
        2 => "outw"u8,
        4 => "outl"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(width), width, "ports are accessed in 1, 2 or 4 bytes"),
    };
}
