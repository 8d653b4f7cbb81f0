namespace Hil.Kernel;

// WDK: IRP_MN_READ_CONFIG and IRP_MN_WRITE_CONFIG, and the same bytes for BUS_INTERFACE_STANDARD.
internal sealed unsafe partial class PciBusDriver
{
    private const int ConfigSpaceBytes = 0x1000; // PCI Express extended space included.

    private NTSTATUS TransferConfig(
        DeviceNode node, IRP* irp, ref IO_STACK_LOCATION.ParametersUnion.ReadWriteConfigParameters parameters,
        bool isWrite)
    {
        if (parameters.WhichSpace != PCI_WHICHSPACE_CONFIG)
            return STATUS_INVALID_PARAMETER;
        irp->IoStatus.Information = Transfer(node, parameters.Buffer, parameters.Offset, parameters.Length, isWrite);
        return STATUS_SUCCESS;
    }

    /// <summary>Moves bytes between a driver's buffer and config space with the widest aligned accesses.</summary>
    /// <returns>Bytes moved; less than asked where config space ends.</returns>
    private uint Transfer(DeviceNode node, void* buffer, uint offset, uint length, bool isWrite)
    {
        if (offset >= ConfigSpaceBytes)
            return 0;
        length = Math.Min(length, ConfigSpaceBytes - offset);
        PointerCheck.Argument((ulong)buffer, (int)length, argument: 2);
        PciAddress address = FunctionOf(node).Address;
        var next = (byte*)buffer;
        for (uint end = offset + length; offset < end;)
        {
            int width = WidthAt(offset, end - offset);
            if (isWrite)
                WriteConfig(node, address, (int)offset, width, next);
            else
                ReadConfig(node, address, (int)offset, width, next);
            offset += (uint)width;
            next += width;
        }
        return length;
    }

    // There are registers that a device takes as a whole only.
    internal static int WidthAt(uint offset, uint left) =>
        (offset & 3) == 0 && left >= 4 ? 4 : (offset & 1) == 0 && left >= 2 ? 2 : 1;

    // A slot whose device was pulled reads as all ones.
    private void ReadConfig(DeviceNode node, PciAddress address, int offset, int width, byte* destination)
    {
        uint value = node.IsPresent ? Kernel.Bus.ReadConfig(address, offset, width) : uint.MaxValue;
        for (int i = 0; i < width; i++)
            destination[i] = (byte)(value >> (8 * i));
    }

    private void WriteConfig(DeviceNode node, PciAddress address, int offset, int width, byte* source)
    {
        uint value = 0;
        for (int i = 0; i < width; i++)
            value |= (uint)source[i] << (8 * i);
        if (node.IsPresent)
            Kernel.Bus.WriteConfig(address, offset, width, value);
    }
}
