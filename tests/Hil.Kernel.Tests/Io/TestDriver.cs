namespace Hil.Kernel.Tests.Io;

public unsafe delegate NTSTATUS DispatchRoutine(DEVICE_OBJECT* device, IRP* irp);

public unsafe delegate NTSTATUS CompletionRoutine(DEVICE_OBJECT* device, IRP* irp, ulong context);

public unsafe delegate void StartRoutine(DEVICE_OBJECT* device, IRP* irp);

/// <summary>A driver whose routines are a test's. Made and used inside <see cref="TestMachine.Run(Action)"/>.</summary>
public sealed unsafe class TestDriver
{
    private readonly TestMachine _machine;

    public TestDriver(TestMachine machine, string name = "test")
    {
        _machine = machine;
        Object = machine.Kernel.Io.CreateDriver(name);
        Routine = Object->MajorFunction[IRP_MJ_READ];
        foreach (byte major in (ReadOnlySpan<byte>)[IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE])
            On(major, (_, irp) => Complete(irp, STATUS_SUCCESS));
    }

    public DRIVER_OBJECT* Object { get; }

    /// <summary>The dispatch routine of what was left alone.</summary>
    public DriverRoutine Routine { get; }

    public void On(byte major, DispatchRoutine body) =>
        Object->MajorFunction[major] = _machine.Routine((device, irp, _, _) =>
            (uint)body((DEVICE_OBJECT*)device, (IRP*)irp).Value);

    public void OnStartIo(StartRoutine body) => Object->DriverStartIo = StartIo(body);

    /// <summary>StartIo and cancel routines have one shape.</summary>
    public DriverRoutine StartIo(StartRoutine body) => _machine.Routine((device, irp, _, _) =>
    {
        body((DEVICE_OBJECT*)device, (IRP*)irp);
        return 0;
    });

    public DriverRoutine Completion(CompletionRoutine body) => _machine.Routine((device, irp, context, _) =>
        (uint)body((DEVICE_OBJECT*)device, (IRP*)irp, context).Value);

    /// <summary>A device, ready to be opened.</summary>
    public DEVICE_OBJECT* CreateDevice(
        string? name = null, uint flags = 0, DEVICE_OBJECT* above = null, uint extensionBytes = 0)
    {
        UNICODE_STRING* text = name == null ? null : DriverString.Create(_machine.Kernel, name);
        DEVICE_OBJECT* device;
        NTSTATUS status = IoCreateDevice(Object, extensionBytes, text, FILE_DEVICE_UNKNOWN, 0, false, &device);
        Assert.Equal(STATUS_SUCCESS, status);
        device->Flags |= flags;
        if (above != null)
            Assert.True(IoAttachDeviceToDeviceStack(device, above) != null);
        device->Flags &= ~DO_DEVICE_INITIALIZING;
        return device;
    }

    /// <summary>An IRP whose first location asks for <paramref name="major"/>, owned by the test.</summary>
    public static IRP* CreateIrp(DEVICE_OBJECT* device, byte major = IRP_MJ_READ)
    {
        IRP* irp = IoAllocateIrp(device->StackSize, false);
        IoGetNextIrpStackLocation(irp)->MajorFunction = major;
        return irp;
    }

    public static NTSTATUS Complete(IRP* irp, NTSTATUS status, ulong information = 0)
    {
        irp->IoStatus.Status = status;
        irp->IoStatus.Information = (nuint)information;
        IofCompleteRequest(irp, IO_NO_INCREMENT);
        return status;
    }

    public static NTSTATUS PassDown(DEVICE_OBJECT* lower, IRP* irp)
    {
        IoSkipCurrentIrpStackLocation(irp);
        return IofCallDriver(lower, irp);
    }
}
