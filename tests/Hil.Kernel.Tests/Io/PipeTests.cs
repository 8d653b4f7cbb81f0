using System.Buffers;
using System.IO.Pipelines;

namespace Hil.Kernel.Tests.Io;

public sealed class PipeTests : IDisposable
{
    private const string Name = @"\Device\Pipe";
    private const int DeviceBytes = 3 * 4096 + 100;

    private readonly byte[] _device = new byte[DeviceBytes];
    private readonly List<ulong> _addresses = [];
    private readonly TestMachine _machine = new();
    private readonly TestDriver _driver;

    public PipeTests()
    {
        for (int i = 0; i < DeviceBytes; i++)
            _device[i] = (byte)(i * 7);
        _driver = _machine.Run(() => new TestDriver(_machine));
        _machine.Run(CreateDevice);
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task ReaderSeesTheDevicesBytesWhereTheDeviceWroteThem()
    {
        await using HilFile file = await _machine.Kernel.Io.OpenAsync(Name);
        PipeReader reader = file.AsPipeReader();
        var seen = new List<byte>();
        var places = new List<ulong>();

        while (true)
        {
            ReadResult result = await reader.ReadAsync();
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                seen.AddRange(segment.Span);
                if (!segment.IsEmpty)
                    places.Add(AddressOf(segment));
            }
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
                break;
        }
        await reader.CompleteAsync();

        Assert.Equal(_device, seen);
        Assert.Equal(_addresses, places);
        Assert.Equal(0, _machine.Kernel.Io.BytesCopied);
    }

    [Fact]
    public async Task WriterHandsItsSegmentsToTheDriverWithoutACopy()
    {
        byte[] written = new byte[DeviceBytes];
        Random.Shared.NextBytes(written);
        await using HilFile file = await _machine.Kernel.Io.OpenAsync(Name);
        PipeWriter writer = file.AsPipeWriter();

        var places = new List<ulong>();
        for (int done = 0; done < DeviceBytes;)
        {
            Memory<byte> memory = writer.GetMemory(4096);
            int bytes = Math.Min(4096, DeviceBytes - done);
            written.AsMemory(done, bytes).CopyTo(memory);
            places.Add(AddressOf(memory));
            writer.Advance(bytes);
            await writer.FlushAsync();
            done += bytes;
        }
        await writer.CompleteAsync();

        Assert.Equal(written, _device);
        Assert.Equal(places, _addresses);
        Assert.Equal(0, _machine.Kernel.Io.BytesCopied);
    }

    [Fact]
    public async Task ErrorOfTheDriverComesOutOfTheReader()
    {
        await using HilFile file = await _machine.Kernel.Io.OpenAsync(Name);
        PipeReader reader = file.AsPipeReader(offset: -1);

        NtStatusException failed = await Assert.ThrowsAsync<NtStatusException>(async () => await reader.ReadAsync());

        Assert.Equal(STATUS_INVALID_PARAMETER, failed.Status);
    }

    private static unsafe ulong AddressOf(ReadOnlyMemory<byte> memory)
    {
        using MemoryHandle pin = memory.Pin();
        return (ulong)pin.Pointer;
    }

    private unsafe void CreateDevice()
    {
        _driver.On(IRP_MJ_READ, (_, irp) => Transfer(irp, isRead: true));
        _driver.On(IRP_MJ_WRITE, (_, irp) => Transfer(irp, isRead: false));
        _driver.CreateDevice(Name, DO_DIRECT_IO);
    }

    // What a device's DMA engine would do with the MDL's pages.
    private unsafe NTSTATUS Transfer(IRP* irp, bool isRead)
    {
        IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
        long offset = location->Parameters.Read.ByteOffset.QuadPart;
        if (offset < 0)
            return TestDriver.Complete(irp, STATUS_INVALID_PARAMETER);
        int bytes = Math.Min((int)location->Parameters.Read.Length, DeviceBytes - (int)offset);
        if (bytes <= 0)
            return TestDriver.Complete(irp, STATUS_END_OF_FILE);
        ulong address = _machine.Memory.AddressOf(
            MmGetMdlPfnArray(irp->MdlAddress)[0] * PAGE_SIZE + MmGetMdlByteOffset(irp->MdlAddress));
        _addresses.Add(address);
        var memory = new Span<byte>((void*)address, bytes);
        if (isRead)
            _device.AsSpan((int)offset, bytes).CopyTo(memory);
        else
            memory.CopyTo(_device.AsSpan((int)offset));
        return TestDriver.Complete(irp, STATUS_SUCCESS, (ulong)bytes);
    }
}
