using System.Runtime.InteropServices;

namespace Hil.Machine;

/// <summary>The processor's time stamp counter (Intel SDM volume 3, 18.17), which .NET has no name for.</summary>
internal static unsafe class TimeStampCounter
{
    private const string ClockSource = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    private const nuint PageBytes = 4096;

    private static readonly delegate* unmanaged[SuppressGCTransition]<ulong> s_read = Open();

    /// <summary>Whether it runs at one rate and alike on all cores: the system itself tells time by it.</summary>
    public static bool IsUsable => s_read != null;

    public static ulong Read() => s_read();

    private static delegate* unmanaged[SuppressGCTransition]<ulong> Open()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !IsTrusted())
            return null;
        nint page = LibC.Mmap(
            0, PageBytes, LibC.ProtRead | LibC.ProtWrite, LibC.MapPrivate | LibC.MapAnonymous, -1, 0);
        if (page == LibC.MapFailed)
            return null;
        ReadOnlySpan<byte> code = [0x0F, 0x31, 0x48, 0xC1, 0xE2, 0x20, 0x48, 0x09, 0xD0, 0xC3]; // rdtsc; shl; or; ret
        // SAFETY: the page is ours, for good; nobody else knows it yet.
        code.CopyTo(new Span<byte>((void*)page, (int)PageBytes));
        return LibC.Mprotect(page, PageBytes, LibC.ProtRead | LibC.ProtExec) == 0
            ? (delegate* unmanaged[SuppressGCTransition]<ulong>)page
            : null;
    }

    private static bool IsTrusted()
    {
        try
        {
            return File.ReadAllText(ClockSource).Trim() == "tsc";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
