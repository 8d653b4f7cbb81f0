using System.Buffers;
using System.IO.Pipelines;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Testing;
using static Hil.Wdm.NtStatus;

namespace Hil.EndToEnd.Tests;

/// <summary>Streams without a copy by Hil: the device's DMA reads and writes the very memory that the user of the pipe
/// has.</summary>
public sealed class EduPipeTests
{
    [Theory, ClassData(typeof(EduKinds))]
    public async Task TheConsumerReadsWhereTheDmaLanded(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        byte[] expected = RandomData(1);
        Assert.Equal(STATUS_SUCCESS, (await file.WriteAsync(expected).WaitAsync(Edu.Patience)).Status);
        long copied = rig.Kernel.Io.BytesCopied;
        PipeReader reader = file.AsPipeReader();

        ReadResult result = await reader.ReadAsync().AsTask().WaitAsync(Edu.Patience);

        // A page is one byte more than edu has: that byte is a piece of its own, and the last one.
        ReadOnlyMemory<byte> page = result.Buffer.First;
        Assert.Equal([.. expected, expected[0]], page.ToArray());
        Assert.Equal(PhysicalOf(rig, page[expected.Length..]), Edu.ReadRegister(rig, Edu.DmaDestination));
        Assert.Equal(copied, rig.Kernel.Io.BytesCopied);
        reader.AdvanceTo(result.Buffer.End);
        await reader.CompleteAsync();
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task TheDmaTakesWhatTheProducerWroteFromWhereItIs(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        byte[] expected = RandomData(2);
        long copied = rig.Kernel.Io.BytesCopied;
        PipeWriter writer = file.AsPipeWriter();
        Memory<byte> memory = writer.GetMemory(expected.Length);
        expected.CopyTo(memory);
        writer.Advance(expected.Length);

        await writer.FlushAsync().AsTask().WaitAsync(Edu.Patience);

        Assert.Equal(PhysicalOf(rig, memory), Edu.ReadRegister(rig, Edu.DmaSource));
        Assert.Equal(copied, rig.Kernel.Io.BytesCopied);
        byte[] actual = new byte[expected.Length];
        Assert.Equal(STATUS_SUCCESS, (await file.ReadAsync(actual).WaitAsync(Edu.Patience)).Status);
        Assert.Equal(expected, actual);
        await writer.CompleteAsync();
    }

    private static byte[] RandomData(int seed)
    {
        byte[] page = new byte[Edu.BufferBytes];
        new Random(seed).NextBytes(page);
        return page;
    }

    private static unsafe uint PhysicalOf(HilRig rig, ReadOnlyMemory<byte> memory)
    {
        using MemoryHandle pinned = memory.Pin();
        IGuestMemory window = rig.Kernel.Services.Memory;
        Assert.InRange((ulong)pinned.Pointer, window.Base, window.Base + window.Bytes - 1);
        return (uint)window.PhysicalOf((ulong)pinned.Pointer);
    }
}
