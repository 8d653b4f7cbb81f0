using Hil.Kernel.Platform;

namespace Hil.Machine.Tests.Memory;

/// <summary>What a sink heard.</summary>
internal sealed class DmaLog : IDmaSink
{
    /// <summary>Addresses, and bytes in hexadecimal.</summary>
    public List<(ulong Address, string Bytes)> Writes { get; } = [];

    public List<ulong> Exhausted { get; } = [];

    public void OnDeviceWrite(ulong address, ReadOnlySpan<byte> bytes) => 
        Writes.Add((address, Convert.ToHexString(bytes)));

    public void OnReserveExhausted(ulong address) => Exhausted.Add(address);
}
