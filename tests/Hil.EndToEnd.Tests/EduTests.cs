using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Testing;
using Hil.Wdm;
using static Hil.Wdm.NtStatus;
using static Hil.Wdm.WdmConstants;

namespace Hil.EndToEnd.Tests;

/// <summary>Control requests to edu: computed by the device, reported by its interrupt.</summary>
public sealed class EduTests
{
    [Fact]
    public async Task ATestOfADriverIsTenLines()
    {
        await using HilRig rig = await HilRig.StartAsync(TestDrivers.Image("edu"), "edu");
        await using HilFile file = await rig.OpenAsync();
        byte[] output = new byte[4];
        IoResult result = await file.DeviceIoControlAsync(Edu.Factorial, BitConverter.GetBytes(5), output);
        Assert.Equal(STATUS_SUCCESS, result.Status);
        Assert.Equal(120, BitConverter.ToInt32(output));
        Assert.Equal(1, rig.Interrupts);
        Assert.Contains(rig.Irps, irp => irp.MajorFunction == IRP_MJ_DEVICE_CONTROL && irp.Information == 4);
        Assert.Null(rig.BugCheck);
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task TheDeviceComputesFactorials(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        uint factorial = 1;
        for (uint n = 0; n <= 12; n++)
        {
            factorial *= Math.Max(n, 1);
            Assert.Equal((STATUS_SUCCESS, factorial), await file.AskAsync(Edu.Factorial, n));
        }
        Assert.Equal(13, rig.Interrupts);
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task BadRequestsAreRefusedAndTheDeviceHearsNothing(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        byte[] output = new byte[4];

        Assert.Equal(STATUS_INVALID_PARAMETER, (await file.AskAsync(Edu.Factorial, 13)).Status);
        Assert.Equal(STATUS_INVALID_PARAMETER, (await file.AskAsync(Edu.SetTimeout, 9)).Status);
        IoResult half = await file.DeviceIoControlAsync(Edu.Factorial, new byte[2], output);
        Assert.Equal(STATUS_INVALID_BUFFER_SIZE, half.Status);
        Assert.Equal(STATUS_BUFFER_TOO_SMALL, (await file.DeviceIoControlAsync(Edu.Factorial, new byte[4])).Status);
        Assert.Equal(STATUS_INVALID_DEVICE_REQUEST, (await file.DeviceIoControlAsync(0x222ffc)).Status);
        Assert.Equal(0, rig.Interrupts);
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task EachRaiseIsOneInterruptAndOneDpc(EduKind kind)
    {
        const int Requests = 200;
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        long dpcsBefore = rig.Dpcs;

        for (uint value = 1; value <= Requests; value++)
            Assert.Equal((STATUS_SUCCESS, value), await file.AskAsync(Edu.Raise, value));

        Assert.Equal(Requests, rig.Interrupts);
        Assert.Equal(Requests, rig.Dpcs - dpcsBefore);
        Assert.Equal(
            Requests, rig.Irps.Count(irp => irp.MajorFunction == IRP_MJ_DEVICE_CONTROL && irp.Status.IsSuccess));
        Assert.Empty(rig.Violations);
    }

    [Theory]
    [InlineData(EduKind.Native, InterruptPreference.Line, 0u)]
    [InlineData(EduKind.Native, InterruptPreference.Message, 1u)]
    [InlineData(EduKind.Managed, InterruptPreference.Line, 0u)]
    [InlineData(EduKind.Managed, InterruptPreference.Message, 1u)]
    public async Task InterruptsComeAsTheyWereGranted(EduKind kind, InterruptPreference preference, uint messages)
    {
        await using HilRig rig = await HilRig.StartAsync(Edu.Options(kind) with { Interrupts = preference });
        await using HilFile file = await rig.OpenAsync();
        uint[] info = await InfoAsync(file);

        for (uint value = 1; value <= 50; value++)
            Assert.Equal((STATUS_SUCCESS, value), await file.AskAsync(Edu.Raise, value));

        Assert.Equal([0x010000ed, 1, messages], info);
        Assert.Equal(50, rig.Interrupts);
        Assert.Equal(0, rig.Storms);
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task RequestsAtOnceQueueUpAndEachGetsItsAnswer(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();

        var requests = Enumerable.Range(0, 60)
            .Select(i => file.AskAsync(i % 2 == 0 ? Edu.Factorial : Edu.Raise, (uint)(3 + i % 7)))
            .ToArray();
        (NTSTATUS, uint)[] answers = await Task.WhenAll(requests);

        uint[] factorials = [6, 24, 120, 720, 5040, 40320, 362880];
        for (int i = 0; i < answers.Length; i++)
            Assert.Equal((STATUS_SUCCESS, i % 2 == 0 ? factorials[i % 7] : (uint)(3 + i % 7)), answers[i]);
        Assert.Equal(answers.Length, rig.Interrupts);
    }

    private static async Task<uint[]> InfoAsync(HilFile file)
    {
        byte[] output = new byte[3 * sizeof(uint)];
        IoResult result = await file.DeviceIoControlAsync(Edu.GetInfo, default, output);
        Assert.Equal(new IoResult(STATUS_SUCCESS, (ulong)output.Length), result);
        return [BitConverter.ToUInt32(output), BitConverter.ToUInt32(output, 4), BitConverter.ToUInt32(output, 8)];
    }
}
