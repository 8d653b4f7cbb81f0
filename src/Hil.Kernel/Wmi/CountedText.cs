namespace Hil.Kernel;

/// <summary>Text behind its number of bytes, a USHORT: how WNODE_XXX and WMIREGINFO hold names.</summary>
internal static unsafe class CountedText
{
    /// <summary>Bytes of both.</summary>
    public static uint BytesOf(string text) => (uint)(sizeof(ushort) + text.Length * sizeof(char));

    public static void Write(byte* at, string text)
    {
        *(ushort*)at = (ushort)(text.Length * sizeof(char));
        text.CopyTo(new Span<char>(at + sizeof(ushort), text.Length));
    }

    /// <summary>What a driver has written at an offset of a buffer; empty when it does not end within.</summary>
    public static string Read(byte* buffer, uint bytes, uint offset)
    {
        ulong begin = (ulong)offset + sizeof(ushort);
        if (begin > bytes)
            return "";
        uint length = *(ushort*)(buffer + offset);
        return length > bytes - begin ? "" : new string((char*)(buffer + begin), 0, (int)length / sizeof(char));
    }
}
