namespace Hil.Kernel;

/// <summary>Sends IRP_MJ_SYSTEM_CONTROL to the stack of a provider and waits for the answer, in nonpaged memory of its
/// own.</summary>
internal sealed unsafe class WmiRequest : IDisposable
{
    private const uint Tag = 0x49_6D_57_49; // IWmI
    private const uint BytesMax = 1 << 20; // No provider of a test has more to say.
    private const int Tries = 4; // A provider may need more from one call to the next.

    private readonly NtKernel _kernel;
    private readonly Guid* _class; // What Parameters.WMI.DataPath points to.

    public WmiRequest(NtKernel kernel, uint bytes)
    {
        _kernel = kernel;
        _class = (Guid*)kernel.Pool.Allocate((nuint)sizeof(Guid), Tag);
        if (_class != null)
            Reserve(bytes);
    }

    /// <summary>What the provider reads and writes; null when memory is exhausted.</summary>
    public byte* Buffer { get; private set; }

    public uint Bytes { get; private set; }

    public WNODE_HEADER* Header => (WNODE_HEADER*)Buffer;

    public void Dispose()
    {
        FreeBuffer();
        if (_class != null)
            _kernel.Pool.Free(_class);
    }

    /// <summary>Makes room anew; what was in the buffer is gone.</summary>
    public void Reserve(uint bytes)
    {
        FreeBuffer();
        Bytes = Math.Min(bytes, BytesMax);
        Buffer = (byte*)_kernel.Pool.Allocate(Bytes, Tag, zero: true);
    }

    /// <summary>Sends a request with a WNODE_XXX, with more room as long as the provider asks for it.</summary>
    /// <param name="write">Writes the request.</param>
    public NTSTATUS Send(WmiBlock block, byte minor, Action<WmiRequest> write)
    {
        NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
        for (int i = 0; i < Tries && Buffer != null; i++)
        {
            write(this);
            *_class = block.Guid;
            status = Send(block.DeviceObject, minor, _class, out _);
            if (!status.IsSuccess || !Wnode.IsTooSmall(Header, out uint needed))
                return status;
            status = STATUS_INSUFFICIENT_RESOURCES;
            if (needed <= Bytes || needed > BytesMax)
                return status;
            Reserve(needed);
        }
        return status;
    }

    private void FreeBuffer()
    {
        if (Buffer != null)
            _kernel.Pool.Free(Buffer);
        Buffer = null;
    }

    /// <summary>Sends a request with the buffer as it is.</summary>
    public NTSTATUS Send(DEVICE_OBJECT* device, byte minor, void* dataPath, out ulong information)
    {
        information = 0;
        DEVICE_OBJECT* top = Ntoskrnl.IoGetAttachedDeviceReference(device);
        IRP* irp = Ntoskrnl.IoAllocateIrp(top->StackSize, false);
        NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
        if (irp != null)
        {
            irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
            irp->Tail.Overlay.Thread = Ntoskrnl.KeGetCurrentThread();
            IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
            next->MajorFunction = IRP_MJ_SYSTEM_CONTROL;
            next->MinorFunction = minor;
            next->Parameters.WMI.ProviderId = (nuint)device;
            next->Parameters.WMI.DataPath = dataPath;
            next->Parameters.WMI.BufferSize = Bytes;
            next->Parameters.WMI.Buffer = Buffer;
            Ntoskrnl.IoSynchronousCallDriver(top, irp);
            (status, information) = (irp->IoStatus.Status, irp->IoStatus.Information);
            Ntoskrnl.IoFreeIrp(irp);
        }
        Ntoskrnl.ObfDereferenceObject(top);
        return status;
    }
}
