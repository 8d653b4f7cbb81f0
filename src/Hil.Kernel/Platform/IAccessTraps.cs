namespace Hil.Kernel.Platform;

/// <summary>Something in a run that a trace cannot hold, so that a replay may differ.</summary>
/// <param name="Address">The code it is about; 0 for none.</param>
public readonly record struct InexactReason(string Reason, ulong Address);

/// <summary>Brings what driver code does to devices without the kernel's help (loads and stores, port instructions,
/// clock and random instructions) to the host: each access goes through <see cref="NtKernel.Bus"/>, each clock reading
/// through <see cref="NtKernel.Clock"/>.</summary>
public interface IAccessTraps
{
    /// <summary>Carries out the instruction behind a fault if that is what faulted.</summary>
    /// <param name="exit">What to resume from; another fault of the same instruction takes the place of the
    /// first.</param>
    /// <returns>False for every other fault; the frame is as the processor left it.</returns>
    bool TryServe(NtKernel kernel, ref VcpuExit exit);

    /// <summary>Puts stops in place of trapped instructions into an image that is about to be written to its
    /// pages.</summary>
    /// <param name="address">Where the image will be.</param>
    /// <param name="functions">Its exception table: the ranges that are known to hold code.</param>
    /// <param name="entries">RVAs of further code: entry point and exported functions.</param>
    void PatchImage(
        ulong address, string name, Span<byte> content,
        ReadOnlySpan<RuntimeFunction> functions, ReadOnlySpan<uint> entries);

    /// <summary>Forgets an image whose pages are given back.</summary>
    void ForgetImage(ulong address, ulong bytes);

    /// <summary>Says that pages hold code of the kernel's own: running it makes no run inexact.</summary>
    void TrustCode(ulong address, ulong bytes);

    /// <summary>Puts the bytes of the image file back over the stops in a copy of memory, for reports.</summary>
    /// <param name="address">Where <paramref name="code"/> was copied from.</param>
    void RestoreOriginal(ulong address, Span<byte> code);

    /// <summary>Why this run cannot be exact, in the order in which it was noticed; grows.</summary>
    IReadOnlyList<InexactReason> InexactReasons { get; }
}
