using Hil.Kernel;
using Hil.Testing;
using static Hil.Wdm.NtStatus;

namespace Hil.EndToEnd.Tests;

/// <summary>Reads and writes through edu's DMA engine, which takes 100 ms for each piece.</summary>
public sealed class EduTransferTests
{
    private const ulong EduReach = 1 << 28;

    public static TheoryData<EduKind, int, int> Transfers
    {
        get
        {
            var transfers = new TheoryData<EduKind, int, int>();
            foreach (EduKind kind in Enum.GetValues<EduKind>())
            {
                transfers.Add(kind, 0, Edu.BufferBytes);
                transfers.Add(kind, 1, 1);
                transfers.Add(kind, 2000, 3000); // runs over the end of edu's buffer: two pieces
                transfers.Add(kind, 4094, 4095);
            }
            return transfers;
        }
    }

    [Theory, MemberData(nameof(Transfers))]
    public async Task WhatWasWrittenIsReadBack(EduKind kind, int offset, int bytes)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        byte[] written = new byte[bytes];
        new Random(bytes).NextBytes(written);
        byte[] read = new byte[bytes];
        var all = new IoResult(STATUS_SUCCESS, (ulong)bytes);

        Assert.Equal(all, await file.WriteAsync(written, offset).WaitAsync(Edu.Patience));
        Assert.Equal(all, await file.ReadAsync(read, offset).WaitAsync(Edu.Patience));

        Assert.Equal(written, read);
        Assert.Equal(0, rig.Kernel.Dma.BouncedBytes);
        int pieces = (offset + bytes - 1) / Edu.BufferBytes + 1;
        Assert.Equal(2 * pieces, rig.Interrupts);
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task NothingIsReadWithoutTheDevice(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();

        Assert.Equal(new IoResult(STATUS_SUCCESS, 0), await file.ReadAsync(Memory<byte>.Empty));
        Assert.Equal(STATUS_INVALID_PARAMETER, (await file.ReadAsync(new byte[4], offset: -8)).Status);
        Assert.Equal(0, rig.Interrupts);
    }

    /// <summary>A driver above edu may ask for memory anywhere; edu reaches the lower 256 MB only.</summary>
    [Theory, ClassData(typeof(EduKinds))]
    public async Task MemoryOutOfEdusReachIsBounced(EduKind kind)
    {
        await using HilRig rig = await HilRig.StartAsync(Edu.Options(kind) with { MemoryBytes = 512UL << 20 });
        byte[] expected = new byte[Edu.BufferBytes];
        new Random(7).NextBytes(expected);
        byte[] actual = new byte[Edu.BufferBytes];

        rig.Kernel.Scheduler.Run(() =>
        {
            using var transfer = new KernelMemoryTransfer(rig.Session.Devices[0], Edu.BufferBytes, EduReach);
            Assert.Equal(new IoResult(STATUS_SUCCESS, Edu.BufferBytes), transfer.Write(expected));
            Assert.Equal(new IoResult(STATUS_SUCCESS, Edu.BufferBytes), transfer.Read(actual));
        });

        Assert.Equal(expected, actual);
        Assert.Equal(2 * Edu.BufferBytes, rig.Kernel.Dma.BouncedBytes);
        Assert.InRange(Edu.ReadRegister(rig, Edu.DmaDestination), 1u, (uint)EduReach - 1);
    }
}
