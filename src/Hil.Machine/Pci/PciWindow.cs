namespace Hil.Machine.Pci;

/// <summary>A range of addresses that is being filled: size and alignment first, then a place. Empty when Bytes is 0 or
/// the range found no place.</summary>
internal sealed class PciWindow
{
    public bool IsImplemented { get; set; } = true;

    public ulong Bytes { get; set; }

    public ulong Alignment { get; set; } = 1;

    public ulong Address { get; set; }

    public bool IsOpen => Bytes != 0 && Address != 0;

    public ulong Limit => Address + Bytes - 1;
}
