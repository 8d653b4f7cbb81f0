using System.Text;

namespace Hil.Trace;

/// <summary>Texts as traces have them: UTF-8, cut off between characters at <see
/// cref="TraceFormat.TextBytesMax"/>.</summary>
public static class TraceUtf8
{
    /// <summary>A text's bytes.</summary>
    public static byte[] Encode(string text)
    {
        var bytes = new byte[Math.Min(Encoding.UTF8.GetMaxByteCount(text.Length), TraceFormat.TextBytesMax)];
        return bytes.AsSpan(0, Encode(text, bytes)).ToArray();
    }

    /// <summary>Writes a text's bytes to <paramref name="to"/>, as many as it has room for; returns their
    /// number.</summary>
    public static int Encode(string text, Span<byte> to)
    {
        Encoding.UTF8.GetEncoder().Convert(text, to, flush: true, out _, out int used, out _);
        return used;
    }

    public static string Decode(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
