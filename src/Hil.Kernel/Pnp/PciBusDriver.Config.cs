namespace Hil.Kernel;

// WDK: IRP_MN_READ_CONFIG and IRP_MN_WRITE_CONFIG, and the same bytes for BUS_INTERFACE_STANDARD.
internal sealed unsafe partial class PciBusDriver
{
    private NTSTATUS TransferConfig(
        DeviceNode node, IRP* irp, ref IO_STACK_LOCATION.ParametersUnion.ReadWriteConfigParameters parameters,
        bool isWrite)
    {
        if (parameters.WhichSpace != PCI_WHICHSPACE_CONFIG)
            return STATUS_INVALID_PARAMETER;
        irp->IoStatus.Information = Transfer(node, parameters.Buffer, parameters.Offset, parameters.Length, isWrite);
        return STATUS_SUCCESS;
    }

    /// <summary>Moves bytes between a driver's buffer and config space. A slot whose device was pulled reads as all
    /// ones.</summary>
    /// <returns>Bytes moved; less than asked where config space ends.</returns>
    private uint Transfer(DeviceNode node, void* buffer, uint offset, uint length, bool isWrite)
    {
        if (offset >= ConfigSpace.Bytes)
            return 0;
        length = Math.Min(length, ConfigSpace.Bytes - offset);
        PointerCheck.Argument((ulong)buffer, (int)length, argument: 2);
        PciAddress address = FunctionOf(node).Address;
        if (!isWrite)
            ConfigSpace.Read(node.IsPresent ? Kernel.Bus : null, address, offset, buffer, length);
        else if (node.IsPresent)
            ConfigSpace.Write(Kernel.Bus, address, offset, buffer, length);
        return length;
    }
}
