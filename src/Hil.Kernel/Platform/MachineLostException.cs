namespace Hil.Kernel.Platform;

/// <summary>The machine under the kernel is gone: QEMU died, or the virtual processor was reset by a
/// triple fault.</summary>
public sealed class MachineLostException(string message, bool isTripleFault = false, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>True when driver code brought the processor down (exit 2); false when the environment
    /// did (exit 3).</summary>
    public bool IsTripleFault { get; } = isTripleFault;
}
