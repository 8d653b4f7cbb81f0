namespace Hil.Kernel.Platform;

/// <summary>Bus, device and function number of a PCI function.</summary>
public readonly record struct PciAddress(byte Bus, byte Device, byte Function)
{
    /// <summary>Offset of the function's configuration space in the ECAM window (PCI Express Base, 7.2.2).</summary>
    public ulong EcamOffset => ((ulong)Bus << 20) | ((ulong)Device << 15) | ((ulong)Function << 12);

    public override string ToString() => $"{Bus:x2}:{Device:x2}.{Function:x}";
}
