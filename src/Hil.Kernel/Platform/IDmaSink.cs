namespace Hil.Kernel.Platform;

/// <summary>Writes down what devices did to memory, at the moments at which drivers get to see it.</summary>
public interface IDmaSink
{
    /// <summary>A device changed memory. Drivers see the bytes at this address from now on.</summary>
    /// <param name="bytes">What stands there now; valid during the call. Short stretches that did not change may be
    /// among it.</param>
    void OnDeviceWrite(ulong address, ReadOnlySpan<byte> bytes);

    /// <summary>A driver left what may be the physical address of shared memory where the device sees it.</summary>
    /// <param name="address">Of the four bytes, in the window.</param>
    void OnDriverPointer(ulong address, uint value);

    /// <summary>A page could not be shadowed, because the reserve is used up: drivers see a device's writes to it when
    /// they happen, and the run cannot be repeated exactly.</summary>
    void OnReserveExhausted(ulong address);
}
