// From a pin to an IOAPIC input. Behind a bridge, device d's pin p comes out of the bridge as pin (p + d) mod 4. On the
// root bus the Q35 chipset (ICH9) decides: devices 0 to 24 are wired by the board, which QEMU lets rotate over
// PIRQE..PIRQH; devices 25 to 31 are routed by registers in the root complex block. PIRQA..PIRQH are IOAPIC inputs
// 16..23.

namespace Hil.Machine.Pci;

/// <summary>Finds the global system interrupt of a function's INTx pin on Q35.</summary>
internal sealed class PciInterruptRouting
{
    private const int Pins = 4;
    private const uint FirstPirqLine = 16;
    private const uint BoardPirq = 4;
    private const int FirstRoutedDevice = 25;
    private const int DmiBridgeDevice = 30;

    // Root complex base address register of the LPC bridge, and the block's usual place (ICH9 datasheet, 13.1.35 and
    // 10.1).
    private const int RootComplexRegister = 0xF0;
    private const uint RootComplexBase = 0xFED1_C000;
    private const uint Enabled = 1;

    private static readonly PciAddress s_lpcBridge = new(0, 31, 0);

    // D25IR to D31IR: offsets in the root complex block; device 30 has none, its pins go to PIRQE..PIRQH in order.
    private static readonly int[] s_routeRegisters = [0x3150, 0x314C, 0x3148, 0x3146, 0x3144, 0, 0x3140];

    private readonly uint[] _routes = new uint[s_routeRegisters.Length];

    public PciInterruptRouting(IBus bus)
    {
        bus.WriteConfig(s_lpcBridge, RootComplexRegister, 4, RootComplexBase | Enabled);
        for (int i = 0; i < _routes.Length; i++)
        {
            if (s_routeRegisters[i] != 0)
                _routes[i] = (uint)bus.ReadMemory(RootComplexBase + (ulong)s_routeRegisters[i], 2);
        }
    }

    /// <summary>The IOAPIC input that a pin reaches.</summary>
    /// <param name="pin">1 for INTA to 4 for INTD.</param>
    public uint LineOf(PciNode node, byte pin)
    {
        int index = pin - 1;
        PciNode root = node;
        for (; root.Parent != null; root = root.Parent)
            index = (index + root.Address.Device) % Pins;
        return FirstPirqLine + PirqOf(root.Address.Device, index);
    }

    private uint PirqOf(int device, int pin) => device switch
    {
        < FirstRoutedDevice => BoardPirq + (uint)((device + pin) % Pins),
        DmiBridgeDevice => BoardPirq + (uint)pin,
        // One nibble a pin, of which three bits name the PIRQ.
        _ => (_routes[device - FirstRoutedDevice] >> (4 * pin)) & 7,
    };
}
