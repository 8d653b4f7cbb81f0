using Hil.Kernel.Platform;

namespace Hil.Machine.Tests.Memory;

/// <summary>What a sink heard.</summary>
internal sealed class DmaLog : IDmaSink
{
    /// <summary>Addresses, and bytes in hexadecimal.</summary>
    public List<(ulong Address, string Bytes)> Writes { get; } = [];

    /// <summary>Where drivers left addresses of shared memory, and which.</summary>
    public List<(ulong Address, uint Value)> Pointers { get; } = [];

    public List<ulong> Exhausted { get; } = [];

    public void OnDeviceWrite(ulong address, ReadOnlySpan<byte> bytes) =>
        Writes.Add((address, Convert.ToHexString(bytes)));

    public void OnDriverPointer(ulong address, uint value) => Pointers.Add((address, value));

    public void OnReserveExhausted(ulong address) => Exhausted.Add(address);
}
