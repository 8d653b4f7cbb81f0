namespace Hil.Kernel;

/// <summary>Whether a device that could use either gets message or line interrupts.</summary>
public enum InterruptPreference : byte
{
    /// <summary>Messages if MSISupported is 1 in the device's hardware key, which is what an INF would set; else the
    /// line.</summary>
    Registry,

    Line,

    Message,
}
