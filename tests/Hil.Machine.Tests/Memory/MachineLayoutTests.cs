namespace Hil.Machine.Tests;

public sealed class MachineLayoutTests
{
    // The least that QEMU's table of translations has; a larger one tells more pages apart.
    private const ulong Translations = 64;

    [Fact]
    public void PagesThatEachExitNeedsDoNotPushEachOtherOrADeviceOut()
    {
        ulong[] pages =
        [
            MachineLayout.MonitorData, MachineLayout.MonitorData + MonitorLayout.MonitorStackTop - 1,
            MachineLayout.LocalApic, MachineLayout.DeviceWindow,
        ];

        Assert.Distinct(pages.Select(IndexOf));
        Assert.Equal(IndexOf(MachineLayout.PhysicalMap), IndexOf(MachineLayout.DeviceWindow));
    }

    [Fact]
    public void WhatLiesInTheTopRegionDoesNotOverlap()
    {
        Assert.InRange(
            MachineLayout.LocalApic, MachineLayout.MonitorData + MonitorLayout.Bytes, MachineLayout.Rom - 1);
        Assert.True(MachineLayout.MonitorData >= MachineLayout.TopRegion);
    }

    private static ulong IndexOf(ulong address) => address / MachineLayout.PageBytes % Translations;
}
