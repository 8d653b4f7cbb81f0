namespace Hil.Machine.Pci;

/// <summary>Offsets and bits of the configuration space header (PCI Local Bus 3.0, 6.1; PCI-to-PCI Bridge 1.2,
/// 3.2).</summary>
internal static class PciRegisters
{
    public const int VendorId = 0x00;
    public const int DeviceId = 0x02;
    public const int Command = 0x04;
    public const int Status = 0x06;
    public const int RevisionId = 0x08;
    public const int HeaderType = 0x0E;
    public const int FirstBar = 0x10;
    public const int SubsystemVendorId = 0x2C;
    public const int SubsystemId = 0x2E;
    public const int ExpansionRom = 0x30;
    public const int CapabilityPointer = 0x34;
    public const int InterruptLine = 0x3C;
    public const int InterruptPin = 0x3D;

    public const int BridgePrimaryBus = 0x18;
    public const int BridgeSecondaryBus = 0x19;
    public const int BridgeSubordinateBus = 0x1A;
    public const int BridgeIoBase = 0x1C;
    public const int BridgeIoLimit = 0x1D;
    public const int BridgeMemoryBase = 0x20;
    public const int BridgeMemoryLimit = 0x22;
    public const int BridgePrefetchBase = 0x24;
    public const int BridgePrefetchLimit = 0x26;
    public const int BridgePrefetchBaseHigh = 0x28;
    public const int BridgePrefetchLimitHigh = 0x2C;
    public const int BridgeIoBaseHigh = 0x30;
    public const int BridgeIoLimitHigh = 0x32;
    public const int BridgeExpansionRom = 0x38;

    public const int ExtendedCapabilities = 0x100;

    public const uint CommandIo = 1;
    public const uint CommandMemory = 2;
    public const uint CommandBusMaster = 4;

    public const uint StatusHasCapabilities = 0x10;

    public const byte HeaderMultiFunction = 0x80;
    public const byte HeaderLayoutMask = 0x7F;
    public const byte HeaderEndpoint = 0;
    public const byte HeaderBridge = 1;

    public const uint NoDevice = 0xFFFF;
}
