using System.Buffers;
using System.IO.Pipelines;
using Hil.Kernel;
using Hil.Testing;
using static Hil.Wdm.NtStatus;

namespace Hil.EndToEnd.Tests;

/// <summary>Drivers notice nothing of it when the memory that devices write is shadowed, as it is in
/// a capture.</summary>
public sealed class ShadowedDmaTests
{
    private const uint RunAll = 0x222000;
    private const ulong EduReach = 1 << 28;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData(EduKind.Native, 0, Edu.BufferBytes)]
    [InlineData(EduKind.Native, 2000, 3000)]
    [InlineData(EduKind.Managed, 0, Edu.BufferBytes)]
    [InlineData(EduKind.Managed, 2000, 3000)]
    public async Task WhatWasWrittenIsReadBackAndRecorded(EduKind kind, int offset, int bytes)
    {
        using ShadowedRig rig = await ShadowedRig.StartAsync(Edu.Options(kind));
        HilFile file = await rig.OpenAsync();
        byte[] written = RandomData(bytes);
        byte[] read = new byte[bytes];
        var all = new IoResult(STATUS_SUCCESS, (ulong)bytes);

        Assert.Equal(all, await file.WriteAsync(written, offset).WaitAsync(Edu.Patience));
        Assert.Empty(rig.Writes);
        Assert.Equal(all, await file.ReadAsync(read, offset).WaitAsync(Edu.Patience));

        Assert.Equal(written, read);
        Assert.Equal(written, Replayed(rig, bytes));
        await file.DisposeAsync();
        Assert.Equal(STATUS_SUCCESS, rig.Unload());
        Assert.Equal((0, 0, 0), (rig.Shadow.SharedPages, rig.Shadow.ComparedPages, rig.PagesWithoutShadow));
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task MemoryOutOfEdusReachIsBounced(EduKind kind)
    {
        using ShadowedRig rig = await ShadowedRig.StartAsync(Edu.Options(kind) with { MemoryBytes = 512UL << 20 });
        byte[] expected = RandomData(Edu.BufferBytes);
        byte[] actual = new byte[Edu.BufferBytes];

        rig.Kernel.Scheduler.Run(() =>
        {
            using var transfer = new KernelMemoryTransfer(rig.Devices[0], Edu.BufferBytes, EduReach);
            Assert.Equal(new IoResult(STATUS_SUCCESS, Edu.BufferBytes), transfer.Write(expected));
            Assert.Equal(new IoResult(STATUS_SUCCESS, Edu.BufferBytes), transfer.Read(actual));
        });

        Assert.Equal(expected, actual);
        Assert.Equal(2 * Edu.BufferBytes, rig.Kernel.Dma.BouncedBytes);
        Assert.Equal(STATUS_SUCCESS, rig.Unload());
        Assert.Equal(0, rig.Shadow.SharedPages);
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task PipesStillCopyNothingAndGiveTheirPagesBack(EduKind kind)
    {
        using ShadowedRig rig = await ShadowedRig.StartAsync(Edu.Options(kind));
        HilFile file = await rig.OpenAsync();
        byte[] expected = RandomData(Edu.BufferBytes);
        PipeWriter writer = file.AsPipeWriter();
        expected.CopyTo(writer.GetMemory(expected.Length));
        writer.Advance(expected.Length);
        await writer.FlushAsync().AsTask().WaitAsync(Edu.Patience);
        long copied = rig.Kernel.Io.BytesCopied;
        PipeReader reader = file.AsPipeReader();

        ReadResult result = await reader.ReadAsync().AsTask().WaitAsync(Edu.Patience);

        Assert.Equal([.. expected, expected[0]], result.Buffer.First.ToArray());
        Assert.Equal(copied, rig.Kernel.Io.BytesCopied);
        reader.AdvanceTo(result.Buffer.End);
        await reader.CompleteAsync();
        await writer.CompleteAsync();
        await file.DisposeAsync();
        Assert.Equal(0, rig.Shadow.SharedPages);
    }

    [Theory]
    [InlineData("mdl", "HilMdl")]
    [InlineData("startio", "HilStartIo")]
    [InlineData("waits", "HilWaits")]
    public async Task ASelfCheckingDriverFindsNothingWrong(string driver, string device)
    {
        using ShadowedRig rig = await ShadowedRig.StartAsync(new HilRigOptions { Driver = TestDrivers.Image(driver) });
        HilFile file = await rig.OpenAsync($@"\\.\{device}");
        byte[] failedLine = new byte[4];

        IoResult result = await file.DeviceIoControlAsync(RunAll, default, failedLine).WaitAsync(s_patience);

        Assert.True(result.IsSuccess, $"{result}: {string.Join(" | ", rig.Kernel.Events.Last(40).Select(e => e.Text))}");
        Assert.Equal(0, BitConverter.ToInt32(failedLine));
        await file.DisposeAsync();
        Assert.Equal(STATUS_SUCCESS, rig.Unload());
        Assert.Equal(0, rig.Shadow.SharedPages);
    }

    // The records put the device's bytes into memory that was zero before, at one buffer's addresses.
    private static byte[] Replayed(ShadowedRig rig, int bytes)
    {
        ulong start = rig.Writes.Min(write => write.Address);
        byte[] memory = new byte[bytes];
        foreach ((ulong address, byte[] written) in rig.Writes)
            written.CopyTo(memory, (int)(address - start));
        return memory;
    }

    private static byte[] RandomData(int bytes)
    {
        byte[] data = new byte[bytes];
        new Random(bytes).NextBytes(data);
        return data;
    }
}
