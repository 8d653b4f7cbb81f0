using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Hil.Kernel;

/// <summary>Claims about Hil itself. One that does not hold is a defect of Hil, never of a driver.</summary>
public static class Invariant
{
    /// <summary>Throws when <paramref name="condition"/> is false; the message names the invariant. Active in
    /// release builds.</summary>
    [StackTraceHidden]
    public static void Holds([DoesNotReturnIf(false)] bool condition, string invariant)
    {
        if (!condition)
            Fail(invariant);
    }

    [DoesNotReturn]
    private static void Fail(string invariant) => throw new InvariantException(invariant);
}
