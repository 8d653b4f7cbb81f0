using Hil.Kernel;
using Hil.Machine.Apic;

namespace Hil.Machine.Tests.Apic;

public sealed class IoApicTests : IAsyncLifetime
{
    private const uint LevelFlag = 1 << 15;
    private const uint ActiveLowFlag = 1 << 13;
    private const uint MaskFlag = 1 << 16;

    private QtestRig _rig = null!;
    private IoApic _ioApic = null!;
    private InterruptController _controller = null!;

    public async ValueTask InitializeAsync()
    {
        _rig = await QtestRig.StartAsync("edu");
        _ioApic = new IoApic(_rig.Bus);
        _controller = new InterruptController(_rig.Bus);
    }

    public ValueTask DisposeAsync()
    {
        _rig.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Q35Has24Inputs() => Assert.Equal(24u, _ioApic.ReadInputCount());

    [Fact]
    public void InputsAreMaskedAtReset() =>
        Assert.All(Enumerable.Range(0, 24), input => Assert.Equal(MaskFlag, _ioApic.ReadEntry((uint)input) & MaskFlag));

    [Theory]
    [InlineData(true, true, LevelFlag | ActiveLowFlag)]
    [InlineData(true, false, LevelFlag)]
    [InlineData(false, false, 0u)]
    public void ConnectedLineHasItsVectorAndTrigger(bool level, bool activeLow, uint flags)
    {
        _controller.ConnectLine(21, 0x61, level, activeLow);

        Assert.Equal(flags | 0x61, _ioApic.ReadEntry(21));
        Assert.Equal(MaskFlag, _ioApic.ReadEntry(20) & MaskFlag);
    }

    [Fact]
    public void MaskAndUnmaskKeepTheRest()
    {
        _controller.ConnectLine(16, 0x42, levelSensitive: true, activeLow: true);

        _controller.MaskLine(16);
        Assert.Equal(MaskFlag | LevelFlag | ActiveLowFlag | 0x42, _ioApic.ReadEntry(16));

        _controller.UnmaskLine(16);
        Assert.Equal(LevelFlag | ActiveLowFlag | 0x42, _ioApic.ReadEntry(16));
    }

    [Fact]
    public void MessageGoesToTheLocalApic() => Assert.Equal((0xFEE0_0000UL, 0x55u), _controller.MessageFor(0x55));

    [Fact]
    public void LineThatIsNoInputIsRefused()
    {
        Assert.Throws<InvariantException>(() => _controller.ConnectLine(24, 0x42, true, true));
        Assert.Throws<InvariantException>(() => _controller.MaskLine(uint.MaxValue));
    }

    [Fact]
    public void IllegalVectorIsRefused()
    {
        Assert.Throws<InvariantException>(() => _controller.ConnectLine(16, 15, true, true));
        Assert.Throws<InvariantException>(() => _controller.MessageFor(0));
    }
}
