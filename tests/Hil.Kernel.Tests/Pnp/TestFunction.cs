using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Hil.Kernel.Tests.Pnp;

/// <summary>A PCI function like QEMU's edu, with configuration space on the test bus.</summary>
internal sealed class TestFunction
{
    public const ulong BarAddress = 0xFE00_0000;
    public const ulong BarBytes = 0x10_0000;
    public const uint Line = 23;
    public const int Power = 0x40;
    public const int Msi = 0x50;
    public const int Msix = 0x60;

    private readonly byte[] _config;

    private TestFunction(TestMachine machine, PciFunction description)
    {
        Description = description;
        _config = machine.Bus.Config(description.Address);
        Put(0, description.VendorId);
        Put(2, description.DeviceId);
    }

    public PciFunction Description { get; }

    /// <summary>The command register.</summary>
    public ushort Command => Get(4);

    public static TestFunction Plain(TestMachine machine) => new(machine, Describe([]));

    /// <summary>With a power management capability that knows D1 but not D2.</summary>
    public static TestFunction WithPower(TestMachine machine)
    {
        var function = new TestFunction(machine, Describe([new PciCapability(1, Power)]));
        function.Put(Power + 2, 1 << 9);
        return function;
    }

    /// <summary>With a 64-bit MSI capability for as many messages.</summary>
    public static TestFunction WithMsi(TestMachine machine, int messagesLog2 = 0)
    {
        var function = new TestFunction(machine, Describe([new PciCapability(5, Msi)]));
        function.Put(Msi + 2, (ushort)(0x80 | (messagesLog2 << 1)));
        return function;
    }

    /// <summary>With an MSI-X table of four entries at the start of BAR 0, which is plain memory.</summary>
    public static TestFunction WithMsix(TestMachine machine, ITestDevice table)
    {
        var function = new TestFunction(machine, Describe([new PciCapability(0x11, Msix)]));
        function.Put(Msix + 2, 3);
        machine.Bus.AddMemory(BarAddress, BarBytes, table);
        return function;
    }

    public ushort Get(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_config.AsSpan(offset));

    public uint GetLong(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_config.AsSpan(offset));

    public void Put(int offset, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(_config.AsSpan(offset), value);

    private static PciFunction Describe(ImmutableArray<PciCapability> capabilities) => new()
    {
        Address = new PciAddress(0, 3, 0),
        VendorId = 0x1234,
        DeviceId = 0x11E8,
        SubsystemVendorId = 0x1AF4,
        SubsystemId = 0x1100,
        ClassCode = 0x00FF00,
        RevisionId = 0x10,
        HeaderType = 0,
        Bars = [new PciBar(0, PciBarKind.Memory32, false, BarAddress, BarBytes)],
        Capabilities = capabilities,
        InterruptPin = 1,
        InterruptLine = Line,
    };
}
