namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Makes a UUID that this run has not had. Equal runs make equal ones.</summary>
    /// <remarks>WDK: ExUuidCreate.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ExUuidCreate(Guid* uuid)
    {
        NtKernel kernel = NtKernel.Current;
        ulong high = Mix((ulong)kernel.Clock.SystemTime);
        ulong low = Mix(high + ++kernel.Pnp.UuidsMade);
        // RFC 4122, 4.1: version 4 in the top of time_hi_and_version, variant 10 in the top of clock_seq.
        *uuid = new Guid(
            (uint)high, (ushort)(high >> 32), (ushort)(((high >> 48) & 0xFFF) | 0x4000),
            (byte)((low & 0x3F) | 0x80), (byte)(low >> 8), (byte)(low >> 16), (byte)(low >> 24),
            (byte)(low >> 32), (byte)(low >> 40), (byte)(low >> 48), (byte)(low >> 56));
        return STATUS_SUCCESS;
    }

    // The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
