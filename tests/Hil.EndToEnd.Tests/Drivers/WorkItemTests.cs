using Hil.Kernel;
using Hil.Testing;
using Hil.Wdm;

namespace Hil.EndToEnd.Tests.Drivers;

/// <summary>What waits.c cannot check from inside.</summary>
public sealed class WorkItemTests
{
    private const uint LeaveWork = 0x222000 + 4 * 100;

    [Fact]
    public async Task AnImageStaysUntilItsIoWorkItemsHaveReturned()
    {
        await using HilRig rig = await HilRig.StartAsync(
            new HilRigOptions { Driver = TestDrivers.Image("waits") });
        HilFile file = await rig.OpenAsync(@"\\.\HilWaits");
        Assert.Equal(NtStatus.STATUS_SUCCESS, (await file.DeviceIoControlAsync(LeaveWork, default, default)).Status);
        await file.DisposeAsync();

        Assert.Equal(NtStatus.STATUS_SUCCESS, rig.Unload());

        Assert.Equal("the work item returns", Assert.Single(rig.DebugOutput));
        Assert.Null(rig.BugCheck);
    }
}
