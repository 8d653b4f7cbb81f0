using System.Globalization;

namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Writes a GUID as {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}, upper-case, into fresh pool.</summary>
    /// <remarks>WDK: RtlStringFromGUID. RtlFreeUnicodeString frees it.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlStringFromGUID(Guid* guid, UNICODE_STRING* guidString)
    {
        string text = guid->ToString("B", CultureInfo.InvariantCulture).ToUpperInvariant();
        if (!AllocateBuffer(guidString, (text.Length + 1) * sizeof(char)))
            return STATUS_NO_MEMORY;
        return Append(guidString, text);
    }

    /// <summary>Reads a GUID in that form; STATUS_INVALID_PARAMETER for any other.</summary>
    /// <remarks>WDK: RtlGUIDFromString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlGUIDFromString(UNICODE_STRING* guidString, Guid* guid)
    {
        const int FormLength = 38;
        ReadOnlySpan<char> text = CharsOf(guidString, "GuidString");
        if (text.Length < FormLength || !Guid.TryParseExact(text[..FormLength], "B", out Guid parsed))
            return STATUS_INVALID_PARAMETER;
        *guid = parsed;
        return STATUS_SUCCESS;
    }
}
