namespace Hil.Kernel.Tests.Rtl;

public sealed unsafe class MemIoResourceTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(CmResourceTypePort, 8ul, CmResourceTypePort, 0)]
    [InlineData(CmResourceTypeMemory, 0xFFFFFFFFul, CmResourceTypeMemory, 0)]
    [InlineData(CmResourceTypeMemoryLarge, 0x1000ul, CmResourceTypeMemory, 0)]
    [InlineData(CmResourceTypeMemory, 0x100000000ul, CmResourceTypeMemoryLarge, CM_RESOURCE_MEMORY_LARGE_40)]
    [InlineData(CmResourceTypeMemoryLarge, 0x10000000000ul, CmResourceTypeMemoryLarge, CM_RESOURCE_MEMORY_LARGE_48)]
    [InlineData(CmResourceTypeMemory, 0x1000000000000ul, CmResourceTypeMemoryLarge, CM_RESOURCE_MEMORY_LARGE_64)]
    public void LengthGoesInAndComesOut(byte type, ulong length, byte stored, ushort flags) => _machine.Run(() =>
    {
        CM_PARTIAL_RESOURCE_DESCRIPTOR* assigned = _machine.New<CM_PARTIAL_RESOURCE_DESCRIPTOR>();
        ulong* start = _machine.New<ulong>();
        Assert.Equal(STATUS_SUCCESS, RtlCmEncodeMemIoResource(assigned, type, length, 0x123400000000));
        Assert.Equal((stored, flags), (assigned->Type, assigned->Flags));
        Assert.Equal((length, 0x123400000000u), (RtlCmDecodeMemIoResource(assigned, start), *start));

        IO_RESOURCE_DESCRIPTOR* wanted = _machine.New<IO_RESOURCE_DESCRIPTOR>();
        ulong* bounds = (ulong*)_machine.New<(ulong, ulong, ulong)>();
        Assert.Equal(STATUS_SUCCESS, RtlIoEncodeMemIoResource(wanted, type, length, 0x100000000 & length, 5, 6));
        Assert.Equal(length, RtlIoDecodeMemIoResource(wanted, bounds, bounds + 1, bounds + 2));
        Assert.Equal((0x100000000 & length, 5u, 6u), (bounds[0], bounds[1], bounds[2]));
    });

    [Theory]
    [InlineData(CmResourceTypeMemory, 0x100000001ul, 0xC0000001u)] // No multiple of 256.
    [InlineData(CmResourceTypePort, 0x100000000ul, 0xC0000001u)]
    [InlineData(CmResourceTypeMemory, 0xFFFFFFFFFFFFFFFFul, 0xC0000001u)]
    [InlineData(CmResourceTypeInterrupt, 1ul, 0xC000000Du)]
    public void WhatCannotBeDescribedIsRefused(byte type, ulong length, uint status) => _machine.Run(() =>
    {
        CM_PARTIAL_RESOURCE_DESCRIPTOR* assigned = _machine.New<CM_PARTIAL_RESOURCE_DESCRIPTOR>();
        Assert.Equal(new NTSTATUS(status), RtlCmEncodeMemIoResource(assigned, type, length, 0));
    });

    [Theory]
    [InlineData(0x12345ul, 0x12345ul)]
    [InlineData(0x100000001ul, 0x100000100ul)]
    [InlineData(0x10000000001ul, 0x10000010000ul)]
    [InlineData(0x1000000000001ul, 0x1000100000000ul)]
    public void LengthIsRoundedUpToOneThatCanBeDescribed(ulong length, ulong rounded) => _machine.Run(() =>
    {
        ulong* target = _machine.New<ulong>();
        Assert.Equal(STATUS_SUCCESS, RtlFindClosestEncodableLength(length, target));
        Assert.Equal(rounded, *target);
        Assert.Equal(STATUS_UNSUCCESSFUL, RtlFindClosestEncodableLength(ulong.MaxValue, target));
    });
}
