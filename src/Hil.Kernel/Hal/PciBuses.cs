namespace Hil.Kernel;

/// <summary>Which PCI buses there are: the first one, and those that bridges lead to. They are looked for once, when a
/// driver first asks for another bus than the first: bridges got their numbers before any driver ran.</summary>
internal sealed class PciBuses(NtKernel kernel)
{
    // Configuration space of a bridge (PCI-to-PCI Bridge Architecture, 3.2).
    private const int HeaderType = 0x0E;
    private const int SecondaryBus = 0x19;
    private const uint BridgeHeader = 1;
    private const uint MultiFunction = 0x80;

    private const int Devices = 32;
    private const int Functions = 8;

    private HashSet<byte>? _known;

    /// <summary>Whether there is a bus of this number.</summary>
    public bool Exists(byte bus) => bus == 0 || (_known ??= Find()).Contains(bus);

    private HashSet<byte> Find()
    {
        HashSet<byte> known = [0];
        var unseen = new Queue<byte>(known);
        while (unseen.TryDequeue(out byte bus))
        {
            for (byte device = 0; device < Devices; device++)
                FollowBridges(bus, device, known, unseen);
        }
        return known;
    }

    private void FollowBridges(byte bus, byte device, HashSet<byte> known, Queue<byte> unseen)
    {
        for (byte function = 0; function < Functions; function++)
        {
            var address = new PciAddress(bus, device, function);
            bool isPresent = (ushort)kernel.Bus.ReadConfig(address, 0, sizeof(ushort)) != PCI_INVALID_VENDORID;
            uint header = isPresent ? kernel.Bus.ReadConfig(address, HeaderType, 1) : 0;
            if (isPresent && (header & ~MultiFunction) == BridgeHeader)
            {
                var secondary = (byte)kernel.Bus.ReadConfig(address, SecondaryBus, 1);
                if (known.Add(secondary))
                    unseen.Enqueue(secondary);
            }
            if (function == 0 && (header & MultiFunction) == 0)
                return;
        }
    }
}
