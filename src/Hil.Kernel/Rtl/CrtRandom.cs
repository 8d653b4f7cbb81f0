namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint RandomModulus = int.MaxValue; // 2^31 - 1

    /// <summary>The next pseudo-random number, 0 to 0x7FFF; the sequence of Microsoft's C runtime.</summary>
    /// <remarks>C runtime: rand.</remarks>
    [Export]
    public static int rand()
    {
        CrtState state = NtKernel.Current.Crt;
        state.RandSeed = state.RandSeed * 214013 + 2531011;
        return (int)(state.RandSeed >> 16) & 0x7FFF;
    }

    /// <summary>Seeds rand.</summary>
    /// <remarks>C runtime: srand.</remarks>
    [Export]
    public static void srand(uint seed) => NtKernel.Current.Crt.RandSeed = seed;

    /// <summary>A pseudo-random number below 2^31 - 1 from a seed, which it replaces: the same seed, the same
    /// number.</summary>
    /// <remarks>WDK: RtlRandom. The sequence is this kernel's own; Windows documents none.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static uint RtlRandom(uint* seed)
    {
        RtlUniform(seed);
        return RtlUniform(seed);
    }

    /// <summary>As RtlRandom.</summary>
    /// <remarks>WDK: RtlRandomEx.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static uint RtlRandomEx(uint* seed) => RtlRandom(seed);

    /// <summary>One step of the linear congruential generator that the documentation gives.</summary>
    /// <remarks>WDK: RtlUniform. Seed = (Seed * 0x7FFFFFED + 0x7FFFFFC3) mod (2^31 - 1).</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static uint RtlUniform(uint* seed) =>
        *seed = (uint)(((ulong)*seed * 0x7FFFFFED + 0x7FFFFFC3) % RandomModulus);
}
