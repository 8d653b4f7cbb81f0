namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint PlatformInformation = 66;

    /// <summary>Tells what the system can do about power: one byte, whether it is always on and always
    /// connected (AoAc), which it is not.</summary>
    /// <param name="informationLevel">PlatformInformation, the one level that is documented for drivers.</param>
    /// <returns>STATUS_INVALID_PARAMETER for another level, an input buffer or no output buffer;
    /// STATUS_BUFFER_TOO_SMALL.</returns>
    /// <remarks>WDK: ZwPowerInformation, POWER_PLATFORM_INFORMATION.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwPowerInformation(
        uint informationLevel, void* inputBuffer, uint inputBufferLength, void* outputBuffer, uint outputBufferLength)
    {
        if (informationLevel != PlatformInformation || inputBuffer != null || inputBufferLength != 0
            || outputBuffer == null)
            return STATUS_INVALID_PARAMETER;
        if (outputBufferLength < sizeof(BOOLEAN))
            return STATUS_BUFFER_TOO_SMALL;
        *PointerCheck.Follow<BOOLEAN>(outputBuffer, "OutputBuffer") = false;
        return STATUS_SUCCESS;
    }
}
