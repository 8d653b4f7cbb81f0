using Hil.Kernel;
using Hil.Wdm;

namespace Hil.EndToEnd.Tests;

/// <summary>Reads and writes of a device as a driver above it sends them: from and to kernel memory, on a kernel
/// thread. The memory lies above a physical address.</summary>
internal sealed unsafe class KernelMemoryTransfer : IDisposable
{
    private readonly DEVICE_OBJECT* _device;
    private readonly uint _bytes;
    private readonly byte* _memory;
    private readonly Block* _block;

    public KernelMemoryTransfer(DeviceNode node, uint bytes, ulong lowestPhysical)
    {
        _device = Ntoskrnl.IoGetAttachedDevice(node.PhysicalDevice);
        _bytes = bytes;
        _memory = (byte*)Ntoskrnl.MmAllocateContiguousMemorySpecifyCache(
            bytes, new PHYSICAL_ADDRESS(lowestPhysical), new PHYSICAL_ADDRESS(long.MaxValue), default,
            MEMORY_CACHING_TYPE.MmCached);
        _block = (Block*)Ntoskrnl.ExAllocatePoolWithTag(POOL_TYPE.NonPagedPoolNx, (nuint)sizeof(Block), 0x74736554);
        Assert.True(_memory != null && _block != null);
    }

    public IoResult Write(ReadOnlySpan<byte> data)
    {
        data.CopyTo(new Span<byte>(_memory, (int)_bytes));
        return Send(WdmConstants.IRP_MJ_WRITE);
    }

    public IoResult Read(Span<byte> data)
    {
        new Span<byte>(_memory, (int)_bytes).Clear();
        IoResult result = Send(WdmConstants.IRP_MJ_READ);
        new Span<byte>(_memory, (int)_bytes).CopyTo(data);
        return result;
    }

    public void Dispose()
    {
        Ntoskrnl.ExFreePool(_block);
        Ntoskrnl.MmFreeContiguousMemory(_memory);
    }

    private IoResult Send(uint majorFunction)
    {
        Ntoskrnl.KeInitializeEvent(&_block->Finished, EVENT_TYPE.NotificationEvent, false);
        _block->Offset = 0;
        IRP* irp = Ntoskrnl.IoBuildSynchronousFsdRequest(
            majorFunction, _device, _memory, _bytes, &_block->Offset, &_block->Finished, &_block->Iosb);
        Ntoskrnl.IofCallDriver(_device, irp);
        Ntoskrnl.KeWaitForSingleObject(
            &_block->Finished, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null);
        return new IoResult(_block->Iosb.Status, _block->Iosb.Information);
    }

    private struct Block
    {
        public KEVENT Finished;
        public IO_STATUS_BLOCK Iosb;
        public long Offset;
    }
}
