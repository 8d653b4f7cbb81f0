using Hil.Kernel.Platform;
using Hil.Machine.Pci;

namespace Hil.Machine.Tests.Buses;

/// <summary>What every implementation of IBus does, tried on edu, a serial port, shared memory and an NVMe
/// controller.</summary>
public abstract class BusContract : IAsyncLifetime
{
    private const ulong EduIdentification = 0x00;
    private const ulong EduLiveness = 0x04;
    private const ulong EduFactorial = 0x08;
    private const ulong EduStatus = 0x20;
    private const ulong EduInterruptStatus = 0x24;
    private const ulong EduRaise = 0x60;
    private const ulong EduAcknowledge = 0x64;
    private const ulong EduDmaSource = 0x80;
    private const ulong EduDmaDestination = 0x88;
    private const ulong EduDmaCount = 0x90;
    private const ulong EduDmaCommand = 0x98;
    private const ulong EduBuffer = 0x4_0000;

    private const uint EduComputing = 1;
    private const uint EduDmaStart = 1;
    private const uint EduDmaToMemory = 2;

    private const byte MessageCapability = 5;
    private const int PollsMax = 50_000_000;

    private static readonly string[] s_devices =
        ["edu", "pci-serial", "ivshmem-plain,memdev=shared", "nvme,serial=1"];

    private static readonly string[] s_extra = ["-object", "memory-backend-ram,id=shared,size=1M"];

    private IBusRig _rig = null!;
    private IBus _bus = null!;
    private PciFunction _edu = null!;
    private PciFunction _serial = null!;
    private PciFunction _nvme = null!;
    private ulong _registers;
    private ulong _shared;
    private ushort _ports;

    public static TheoryData<int> MemoryWidths => [1, 2, 4, 8];

    public async ValueTask InitializeAsync()
    {
        _rig = await StartAsync(s_devices, s_extra);
        _bus = _rig.Bus;
        _edu = Find(0x11E8);
        _serial = Find(0x0002);
        _nvme = Find(0x0010);
        _registers = _edu.Bars[0].Address;
        _shared = Find(0x1110).Bars.Single(bar => bar.Index == 2).Address;
        _ports = (ushort)_serial.Bars[0].Address;
        PciEnumerator.EnableBusMaster(_bus, _edu.Address);
    }

    public ValueTask DisposeAsync()
    {
        _rig?.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [MemberData(nameof(MemoryWidths))]
    public void MemoryIsReadAndWrittenInEveryWidth(int width)
    {
        const ulong Pattern = 0x8796_A5B4_C3D2_E1F0;
        ulong expected = Pattern & (ulong.MaxValue >> (64 - 8 * width));
        _bus.WriteMemory(_shared, 8, ulong.MaxValue);

        _bus.WriteMemory(_shared, width, Pattern);

        Assert.Equal(expected, _bus.ReadMemory(_shared, width));
        Assert.Equal((ulong.MaxValue << (4 * width) << (4 * width)) | expected, _bus.ReadMemory(_shared, 8));
    }

    [Theory]
    [MemberData(nameof(MemoryWidths))]
    public void BuffersOfAnyLengthArriveWholeInEveryWidth(int width)
    {
        var written = new byte[8 * 1033];
        new Random(width).NextBytes(written);
        var read = new byte[written.Length];

        _bus.WriteMemory(_shared, written, width);
        _bus.ReadMemory(_shared, read, width);

        Assert.Equal(written, read);
        Assert.Equal(BitConverter.ToUInt64(written, 8000), _bus.ReadMemory(_shared + 8000, 8));
    }

    [Fact]
    public void BufferThatIsNoWholeNumberOfAccessesIsRefused()
    {
        Assert.Throws<ArgumentException>(() => _bus.ReadMemory(_shared, new byte[7], 4));
        Assert.Throws<ArgumentException>(() => _bus.WriteMemory(_shared, new byte[7], 4));
    }

    [Fact]
    public void EmptyBufferTouchesNothing()
    {
        _bus.WriteMemory(_shared, 4, 7);

        _bus.WriteMemory(_shared, default(ReadOnlySpan<byte>), 4);
        _bus.ReadMemory(_shared, default(Span<byte>), 4);

        Assert.Equal(7UL, _bus.ReadMemory(_shared, 4));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(16)]
    public void OddWidthIsRefused(int width)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _bus.ReadMemory(_shared, width));
        Assert.Throws<ArgumentOutOfRangeException>(() => _bus.WriteMemory(_shared, width, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => _bus.PostMemory(_shared, width, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => _bus.ReadPort(_ports, width));
    }

    [Fact]
    public void EightByteRegisterIsOneAccess()
    {
        // NVMe CAP: 64 bits, of which QEMU's device has some set in both halves.
        ulong capabilities = _bus.ReadMemory(_nvme.Bars[0].Address, 8);

        Assert.NotEqual(0u, (uint)capabilities);
        Assert.NotEqual(0u, (uint)(capabilities >> 32));
        Assert.Equal((uint)(capabilities >> 32), _bus.ReadMemory(_nvme.Bars[0].Address + 4, 4));
    }

    [Fact]
    public void EduSaysWhoItIsAndThatItLives()
    {
        _bus.WriteMemory(_registers + EduLiveness, 4, 0x1234_5678);

        Assert.Equal(0x0100_00EDUL, _bus.ReadMemory(_registers + EduIdentification, 4));
        Assert.Equal((ulong)~0x1234_5678u, _bus.ReadMemory(_registers + EduLiveness, 4));
    }

    [Fact]
    public void PollWaitsForTheFactorial()
    {
        _bus.WriteMemory(_registers + EduFactorial, 4, 10);

        Assert.True(_bus.Poll(_registers + EduStatus, 4, EduComputing, 0, PollsMax));
        Assert.Equal(3_628_800UL, _bus.ReadMemory(_registers + EduFactorial, 4));
    }

    [Fact]
    public void PollGivesUpAfterItsReads() =>
        Assert.False(_bus.Poll(_registers + EduIdentification, 4, uint.MaxValue, 0x1234, readsMax: 5));

    [Fact]
    public void PollComparesTheMaskedBitsOnly() =>
        Assert.True(_bus.Poll(_registers + EduIdentification, 4, 0xFF, 0xED, readsMax: 1));

    [Fact]
    public void PollWithNoReadsLeftIsFalse() =>
        Assert.False(_bus.Poll(_registers + EduIdentification, 4, 0xFF, 0xED, readsMax: 0));

    [Fact]
    public void ReadComesAfterEveryPostedWrite()
    {
        for (uint i = 0; i <= 1000; i++)
            _bus.PostMemory(_registers + EduLiveness, 4, i);

        Assert.Equal((ulong)~1000u, _bus.ReadMemory(_registers + EduLiveness, 4));
    }

    [Fact]
    public void PostedWritesArriveInOrder()
    {
        // Index and data register of the IOAPIC: a pair out of order would land in another entry.
        const ulong Index = 0xFEC0_0000;
        const ulong Data = Index + 0x10;
        const uint Masked = 1 << 16;
        for (uint pin = 0; pin < 24; pin++)
        {
            _bus.PostMemory(Index, 4, 0x10 + 2 * pin);
            _bus.PostMemory(Data, 4, Masked | (0x30 + pin));
        }
        _bus.Flush();

        for (uint pin = 0; pin < 24; pin++)
        {
            _bus.WriteMemory(Index, 4, 0x10 + 2 * pin);
            Assert.Equal(Masked | (0x30 + pin), _bus.ReadMemory(Data, 4));
        }
    }

    [Fact]
    public void FlushedWriteHasReachedMemory()
    {
        _bus.PostMemory(_rig.PagePhysical + 8, 4, 0xFEED_F00D);
        _bus.Flush();

        Assert.Equal(0xFEED_F00Du, BitConverter.ToUInt32(_rig.Page[8..]));
    }

    [Fact]
    public void PostedWritesOfEveryWidthMixWithOtherAccesses()
    {
        _bus.PostMemory(_shared, 8, ulong.MaxValue);
        _bus.PostMemory(_shared, 1, 0x11);
        _bus.WriteMemory(_shared + 1, 1, 0x22);
        _bus.PostMemory(_shared + 2, 2, 0x4433);
        _bus.PostMemory(_shared + 4, 4, 0x8877_6655);

        Assert.Equal(0x8877_6655_4433_2211UL, _bus.ReadMemory(_shared, 8));
    }

    [Fact]
    public void ConfigurationSpaceIsReadInEveryWidth()
    {
        Assert.Equal(0x11E8_1234u, _bus.ReadConfig(_edu.Address, 0, 4));
        Assert.Equal(0x1234u, _bus.ReadConfig(_edu.Address, 0, 2));
        Assert.Equal(0x11u, _bus.ReadConfig(_edu.Address, 3, 1));
    }

    [Fact]
    public void ConfigurationSpaceIsWritten()
    {
        const int CacheLineSize = 0x0C;
        _bus.WriteConfig(_edu.Address, CacheLineSize, 1, 0x40);

        Assert.Equal(0x40u, _bus.ReadConfig(_edu.Address, CacheLineSize, 1));
    }

    [Fact]
    public void AbsentFunctionReadsAllOnes()
    {
        var nobody = new PciAddress(0, 0x15, 3);

        Assert.Equal(uint.MaxValue, _bus.ReadConfig(nobody, 0, 4));
        Assert.Equal(0xFFFFu, _bus.ReadConfig(nobody, 0, 2));
        Assert.Equal(0xFFu, _bus.ReadConfig(nobody, 0, 1));
    }

    [Fact]
    public void ExtendedConfigurationSpaceIsReachable() =>
        Assert.NotEqual(uint.MaxValue, _bus.ReadConfig(_nvme.Address, 0xFFC, 4));

    [Fact]
    public void PortsAreReadAndWritten()
    {
        const ushort CmosIndex = 0x70;
        const ushort CmosData = 0x71;
        const byte ShutdownStatus = 0x0F;
        _bus.WritePort(CmosIndex, 1, ShutdownStatus);
        _bus.WritePort(CmosData, 1, 0xA5);

        Assert.Equal(0xA5u, _bus.ReadPort(CmosData, 1));
    }

    [Fact]
    public void PortsAreAccessedInEveryWidth()
    {
        const ushort ConfigAddress = 0xCF8;
        const ushort ConfigData = 0xCFC;
        uint register = 0x8000_0000 | (uint)(_edu.Address.EcamOffset >> 4);
        _bus.WritePort(ConfigAddress, 4, register);

        Assert.Equal(register, _bus.ReadPort(ConfigAddress, 4));
        Assert.Equal(0x11E8_1234u, _bus.ReadPort(ConfigData, 4));
        Assert.Equal(0x11E8u, _bus.ReadPort(ConfigData + 2, 2));
        Assert.Equal(0x34u, _bus.ReadPort(ConfigData, 1));
    }

    [Fact]
    public void BufferOfAPortGoesThroughItsQueueInOrder()
    {
        // A 16550 in loopback: what is sent comes back through the 16-byte receive queue.
        const ushort QueueControl = 2;
        const ushort ModemControl = 4;
        byte[] sent = [1, 3, 3, 7, 0, 255, 128];
        _bus.WritePort((ushort)(_ports + QueueControl), 1, 1);
        _bus.WritePort((ushort)(_ports + ModemControl), 1, 0x10);
        var received = new byte[sent.Length];

        foreach (byte value in sent)
        {
            _bus.WritePort(_ports, [value], 1);
            AwaitTransmitted();
        }
        _bus.ReadPort(_ports, received, 1);

        Assert.Equal(sent, received);
    }

    [Fact]
    public void DeviceReadsAndWritesMemory()
    {
        byte[] data = new byte[512];
        new Random(7).NextBytes(data);
        data.CopyTo(_rig.Page);

        RunDma(_rig.PagePhysical, EduBuffer, data.Length, EduDmaStart);
        RunDma(EduBuffer, _rig.PagePhysical + 2048, data.Length, EduDmaStart | EduDmaToMemory);

        Assert.Equal(data, _rig.Page.Slice(2048, data.Length).ToArray());
    }

    [Fact]
    public void LineOfADeviceIsSeenOncePerInterrupt()
    {
        _rig.Listen(_edu.InterruptLine);
        for (uint round = 1; round <= 3; round++)
        {
            Assert.False(_rig.HasInterrupt);
            _bus.WriteMemory(_registers + EduRaise, 4, round);

            Assert.True(_rig.TakeInterrupt());
            Assert.Equal(round, _bus.ReadMemory(_registers + EduInterruptStatus, 4));
            _bus.WriteMemory(_registers + EduAcknowledge, 4, round);
            _rig.EndInterrupt();
            _ = _bus.ReadMemory(_registers + EduIdentification, 4);
        }
        Assert.False(_rig.HasInterrupt);
    }

    [Fact]
    public void MessageOfADeviceIsAStoreToItsAddress()
    {
        int capability = _edu.FindCapability(MessageCapability);
        _bus.WriteConfig(_edu.Address, capability + 4, 4, (uint)_rig.PagePhysical + 64);
        _bus.WriteConfig(_edu.Address, capability + 8, 4, 0);
        _bus.WriteConfig(_edu.Address, capability + 12, 2, 0xBEEF);
        _bus.WriteConfig(_edu.Address, capability + 2, 2, 1);

        _bus.WriteMemory(_registers + EduRaise, 4, 1);
        _ = _bus.ReadMemory(_registers + EduIdentification, 4);

        Assert.Equal(0xBEEFu, BitConverter.ToUInt32(_rig.Page[64..]));
    }

    [Fact]
    public void RegisterAccessAllocatesNothing()
    {
        void Access(int rounds)
        {
            for (uint i = 0; i < rounds; i++)
            {
                _bus.PostMemory(_registers + EduLiveness, 4, i);
                _ = _bus.ReadMemory(_registers + EduLiveness, 4);
            }
        }

        Access(1000);

        Assert.Equal(0, Allocation.Least(() => Access(10_000)));
    }

    /// <summary>Starts a machine with the given devices and sets its PCI bus up.</summary>
    protected abstract Task<IBusRig> StartAsync(string[] devices, string[] extraArguments);

    private PciFunction Find(ushort deviceId) =>
        _rig.Pci.Functions.Single(function => function.DeviceId == deviceId && function.Address.Device != 0);

    private void RunDma(ulong source, ulong destination, int bytes, uint command)
    {
        _bus.WriteMemory(_registers + EduDmaSource, 8, source);
        _bus.WriteMemory(_registers + EduDmaDestination, 8, destination);
        _bus.WriteMemory(_registers + EduDmaCount, 8, (ulong)bytes);
        _bus.WriteMemory(_registers + EduDmaCommand, 8, command);
        Assert.True(_bus.Poll(_registers + EduDmaCommand, 4, EduDmaStart, 0, PollsMax));
    }

    private void AwaitTransmitted()
    {
        const ushort LineStatus = 5;
        const uint TransmitterEmpty = 0x40;
        for (int i = 0; i < 1_000_000; i++)
        {
            if ((_bus.ReadPort((ushort)(_ports + LineStatus), 1) & TransmitterEmpty) != 0)
                return;
        }
        Assert.Fail("the serial port never sent");
    }
}
