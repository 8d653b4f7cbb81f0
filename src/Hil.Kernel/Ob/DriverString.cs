namespace Hil.Kernel;

/// <summary>Counted strings in driver-visible memory.</summary>
public static unsafe class DriverString
{
    private const uint PoolTag = 0x53_62_4F_48; // HObS

    /// <summary>Copies a driver's string; a null one is empty. A wild buffer pointer stops the machine.</summary>
    public static string Read(UNICODE_STRING* text)
    {
        if (text == null || text->Length == 0)
            return "";
        PointerCheck.Follow<byte>(text->Buffer, "UNICODE_STRING.Buffer");
        PointerCheck.Follow<byte>((byte*)text->Buffer + text->Length - 1, "UNICODE_STRING.Buffer + Length");
        return new string(text->Buffer, 0, text->Length / sizeof(char));
    }

    /// <summary>Makes a string in driver-visible memory, counted and terminated; null when there is no memory. For
    /// managed drivers and the kernel itself.</summary>
    public static UNICODE_STRING* Create(NtKernel kernel, string text)
    {
        int bytes = text.Length * sizeof(char);
        var made = (UNICODE_STRING*)kernel.Pool.Allocate(
            (nuint)(sizeof(UNICODE_STRING) + bytes + sizeof(char)), PoolTag);
        if (made == null)
            return null;
        made->Buffer = (char*)(made + 1);
        text.CopyTo(new Span<char>(made->Buffer, text.Length));
        made->Buffer[text.Length] = '\0';
        made->Length = (ushort)bytes;
        made->MaximumLength = (ushort)(bytes + sizeof(char));
        return made;
    }

    /// <summary>Frees what <see cref="Create"/> made.</summary>
    public static void Free(NtKernel kernel, UNICODE_STRING* text) => kernel.Pool.Free(text);
}
