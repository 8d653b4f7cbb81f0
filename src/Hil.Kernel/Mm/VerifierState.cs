namespace Hil.Kernel;

// What Driver Verifier looks for is always looked for here, and reported as Hil reports. To a driver that asks, no
// verifier is on: it asks in order to turn its own debugging code on, or to hook routines into one that is there.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Whether Driver Verifier watches a driver: it is not there.</summary>
    /// <remarks>WDK: MmIsDriverVerifying.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static uint MmIsDriverVerifying(DRIVER_OBJECT* driverObject) => 0;

    /// <summary>As MmIsDriverVerifying, for the driver whose image an address is in.</summary>
    /// <remarks>WDK: MmIsDriverVerifyingByAddress.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static uint MmIsDriverVerifyingByAddress(void* addressWithinSection) => 0;

    /// <summary>Which checks Driver Verifier makes: it is not there.</summary>
    /// <param name="verifierFlags">Gets 0.</param>
    /// <returns>STATUS_NOT_SUPPORTED, as documented for a verifier that is off.</returns>
    /// <remarks>WDK: MmIsVerifierEnabled.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS MmIsVerifierEnabled(uint* verifierFlags)
    {
        *verifierFlags = 0;
        return STATUS_NOT_SUPPORTED;
    }

    /// <summary>Has Driver Verifier call replacements of routines: it is not there.</summary>
    /// <returns>STATUS_NOT_SUPPORTED.</returns>
    /// <remarks>WDK: MmAddVerifierThunks.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS MmAddVerifierThunks(void* thunkBuffer, uint thunkBufferSize) => STATUS_NOT_SUPPORTED;

    /// <summary>Whether this is a server: it is a workstation, as the version says.</summary>
    /// <remarks>WDK: MmIsThisAnNtAsSystem.</remarks>
    [Export]
    public static BOOLEAN MmIsThisAnNtAsSystem() => false;
}
