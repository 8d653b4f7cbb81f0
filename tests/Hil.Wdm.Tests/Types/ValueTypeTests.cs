namespace Hil.Wdm.Tests;

public sealed class ValueTypeTests
{
    [Theory]
    [InlineData(0, "PASSIVE_LEVEL")]
    [InlineData(1, "APC_LEVEL")]
    [InlineData(2, "DISPATCH_LEVEL")]
    [InlineData(3, "DIRQL 3")]
    [InlineData(11, "DIRQL 11")]
    [InlineData(12, "SYNCH_LEVEL")]
    [InlineData(13, "CLOCK_LEVEL")]
    [InlineData(14, "IPI_LEVEL")]
    [InlineData(15, "HIGH_LEVEL")]
    [InlineData(16, "IRQL 16")]
    public void IrqlIsPrintedByName(byte level, string expected) => Assert.Equal(expected, new KIRQL(level).ToString());

    [Fact]
    public void IrqlComparesWithLevels()
    {
        KIRQL irql = DISPATCH_LEVEL;

        Assert.True(irql == DISPATCH_LEVEL);
        Assert.True(irql > APC_LEVEL && irql < HIGH_LEVEL);
        Assert.True(irql.CompareTo(APC_LEVEL) > 0);
    }

    [Fact]
    public void AnyNonzeroBooleanIsTrue()
    {
        BOOLEAN two = new(2);

        Assert.True(two);
        Assert.True(two == true);
        Assert.Equal(two, new BOOLEAN(1));
        Assert.Equal("TRUE", two.ToString());
        Assert.Equal((byte)2, two.Value);
    }

    [Fact]
    public void BooleanMadeFromBoolIsOneOrZero()
    {
        BOOLEAN yes = true;
        BOOLEAN no = false;

        Assert.Equal(((byte)1, (byte)0), (yes.Value, no.Value));
    }

    [Fact]
    public void PhysicalAddressKeepsItsTopBit()
    {
        PHYSICAL_ADDRESS address = new(0xFFFF_0000_0000_1000);

        Assert.Equal(0xFFFF_0000_0000_1000, address.Value);
        Assert.True(address.QuadPart < 0);
        Assert.Equal("0xFFFF000000001000", address.ToString());
    }

    [Fact]
    public void OnlyAddressZeroIsNoRoutine()
    {
        Assert.True(default(DriverRoutine).IsNull);
        Assert.False(new DriverRoutine(1).IsNull);
    }

    [Fact]
    public void BitFieldsOfOneUnitDoNotTouchEachOther()
    {
        DEVICE_CAPABILITIES capabilities = default;
        capabilities.Reserved = 0x3FFF;
        capabilities.Removable = 1;
        capabilities.UniqueID = 1;
        capabilities.Removable = 0;

        Assert.Equal((0u, 1u), (capabilities.Removable, capabilities.UniqueID));
        Assert.Equal((0u, 0x3FFFu), (capabilities.NoDisplayInUI, capabilities.Reserved));
    }

    [Fact]
    public void BitFieldTakesOnlyItsOwnBitsOfAValue()
    {
        PCI_SLOT_NUMBER slot = default;
        slot.u.bits.DeviceNumber = 0x3F;

        Assert.Equal(0x1Fu, slot.u.AsULONG);
        Assert.Equal(0u, slot.u.bits.FunctionNumber);
    }

    [Fact]
    public unsafe void ScatterGatherElementsFollowTheirList()
    {
        byte* memory = stackalloc byte[sizeof(SCATTER_GATHER_LIST) + 2 * sizeof(SCATTER_GATHER_ELEMENT)];
        var list = (SCATTER_GATHER_LIST*)memory;

        fixed (SCATTER_GATHER_ELEMENT* elements = &list->Elements)
            elements[1].Length = 7;

        Assert.Equal(7u, ((SCATTER_GATHER_ELEMENT*)(list + 1))[1].Length);
    }

    [Fact]
    public unsafe void MajorFunctionsAreIndexedByCode()
    {
        DRIVER_OBJECT driver = default;
        driver.MajorFunction[IRP_MJ_PNP] = new DriverRoutine(0x1000);

        Assert.Equal(0x1000UL, ((ulong*)&driver.MajorFunction)[27]);
    }
}
