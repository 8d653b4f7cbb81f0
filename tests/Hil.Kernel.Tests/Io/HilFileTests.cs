using System.Buffers;

namespace Hil.Kernel.Tests.Io;

public sealed unsafe class HilFileTests : IDisposable
{
    private const string Name = @"\Device\File";

    private readonly EventLog _log = new();
    private readonly TestMachine _machine;
    private readonly TestDriver _driver;

    public HilFileTests()
    {
        _machine = new TestMachine(observer: _log);
        _driver = _machine.Run(() => new TestDriver(_machine));
    }

    public void Dispose() => _machine.Dispose();

    [Theory]
    [TextCases("Io/dispatch.txt")]
    public void RequesterGetsTheStatusAndMistakesAreReported(
        string marked, string completed, string returned, string result, string reported)
    {
        string[] words = completed.Split(' ');
        NTSTATUS status = Statuses.Parse(words[1]);
        _driver.On(IRP_MJ_READ, (_, irp) =>
        {
            if (marked == "yes")
                IoMarkIrpPending(irp);
            ulong later = (ulong)irp;
            if (words[0] == "inside")
                TestDriver.Complete(irp, status);
            else
                _machine.StartThread(() => TestDriver.Complete((IRP*)later, status));
            return Statuses.Parse(returned);
        });
        using HilFile file = Open();

        IoResult outcome = Run(() => file.Read(new byte[4]));

        Assert.Equal(Statuses.Parse(result), outcome.Status);
        if (reported == "-")
            Assert.Empty(_log.Violations);
        else
            Assert.Contains(reported, Assert.Single(_log.Violations));
    }

    [Fact]
    public void OpenReadAndDisposeSendCreateReadCleanupAndClose()
    {
        var seen = new List<byte>();
        foreach (byte major in (byte[])[IRP_MJ_CREATE, IRP_MJ_READ, IRP_MJ_CLEANUP, IRP_MJ_CLOSE])
            _driver.On(major, (_, irp) =>
            {
                seen.Add(IoGetCurrentIrpStackLocation(irp)->MajorFunction);
                return TestDriver.Complete(irp, STATUS_SUCCESS);
            });

        using (HilFile file = Open())
            Run(() => file.Read(new byte[4]));

        Assert.Equal([IRP_MJ_CREATE, IRP_MJ_READ, IRP_MJ_CLEANUP, IRP_MJ_CLOSE], seen);
    }

    [Fact]
    public void DeviceThatRefusesCreateIsNotToldOfAnEnd()
    {
        var seen = new List<byte>();
        foreach (byte major in (byte[])[IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE])
            _driver.On(major, (_, irp) =>
            {
                seen.Add(IoGetCurrentIrpStackLocation(irp)->MajorFunction);
                return TestDriver.Complete(irp, STATUS_DEVICE_NOT_READY);
            });

        NtStatusException refused = Assert.Throws<NtStatusException>(() => Open());

        Assert.Equal(STATUS_DEVICE_NOT_READY, refused.Status);
        Assert.Equal([IRP_MJ_CREATE], seen);
    }

    [Fact]
    public void BufferedReadCopiesWhatTheDriverReports()
    {
        OnRead(DO_BUFFERED_IO, irp =>
        {
            new Span<byte>(irp->AssociatedIrp.SystemBuffer, 8).Fill(7);
            return (STATUS_SUCCESS, 3);
        });
        using HilFile file = Open(createDevice: false);
        byte[] buffer = new byte[8];

        IoResult result = Run(() => file.Read(buffer));

        Assert.Equal(3u, result.Information);
        Assert.Equal([7, 7, 7, 0, 0, 0, 0, 0], buffer);
    }

    [Fact]
    public void InformationBeyondTheBufferIsReportedAndCutOff()
    {
        OnRead(DO_BUFFERED_IO, irp =>
        {
            *(uint*)irp->AssociatedIrp.SystemBuffer = 0x01010101;
            return (STATUS_SUCCESS, 1_000_000);
        });
        using HilFile file = Open(createDevice: false);
        byte[] buffer = new byte[4];

        Run(() => file.Read(buffer));

        Assert.Equal([1, 1, 1, 1], buffer);
        Assert.Contains("1000000 bytes", Assert.Single(_log.Violations));
    }

    [Fact]
    public void BufferedReadThatFailsCopiesNothing()
    {
        OnRead(DO_BUFFERED_IO, irp =>
        {
            new Span<byte>(irp->AssociatedIrp.SystemBuffer, 8).Fill(7);
            return (STATUS_UNSUCCESSFUL, 8);
        });
        using HilFile file = Open(createDevice: false);
        byte[] buffer = new byte[8];

        Run(() => file.Read(buffer));

        Assert.All(buffer, value => Assert.Equal(0, value));
    }

    [Fact]
    public void BufferedControlThatOverflowsStillCopies()
    {
        const uint Code = (FILE_DEVICE_UNKNOWN << 16) | (0x800 << 2) | METHOD_BUFFERED;
        byte[] seen = [];
        _driver.On(IRP_MJ_DEVICE_CONTROL, (_, irp) =>
        {
            IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
            uint bytes = location->Parameters.DeviceIoControl.InputBufferLength;
            seen = new Span<byte>(irp->AssociatedIrp.SystemBuffer, (int)bytes).ToArray();
            Assert.Equal(Code, location->Parameters.DeviceIoControl.IoControlCode);
            *(uint*)irp->AssociatedIrp.SystemBuffer = 0x11223344;
            return TestDriver.Complete(irp, STATUS_BUFFER_OVERFLOW, 4);
        });
        using HilFile file = Open();
        byte[] output = new byte[4];

        IoResult result = Run(() => file.DeviceIoControl(Code, [1, 2, 3], output));

        Assert.Equal(STATUS_BUFFER_OVERFLOW, result.Status);
        Assert.Equal([1, 2, 3], seen);
        Assert.Equal([0x44, 0x33, 0x22, 0x11], output);
    }

    [Theory]
    [InlineData(METHOD_IN_DIRECT)]
    [InlineData(METHOD_OUT_DIRECT)]
    public void DirectControlGivesTheDriverTheOutputBufferAsAnMdl(uint method)
    {
        uint code = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, method, FILE_ANY_ACCESS);
        byte[] input = [];
        byte[] direct = [];
        _driver.On(IRP_MJ_DEVICE_CONTROL, (_, irp) =>
        {
            input = new Span<byte>(irp->AssociatedIrp.SystemBuffer, 2).ToArray();
            var mapped = (byte*)MmGetSystemAddressForMdlSafe(irp->MdlAddress, 16);
            direct = new Span<byte>(mapped, (int)MmGetMdlByteCount(irp->MdlAddress)).ToArray();
            if (method == METHOD_OUT_DIRECT)
                mapped[0] = 99;
            return TestDriver.Complete(irp, STATUS_SUCCESS, 1);
        });
        using HilFile file = Open();
        byte[] output = [10, 11, 12];

        Run(() => file.DeviceIoControl(code, [1, 2], output));

        Assert.Equal([1, 2], input);
        Assert.Equal([10, 11, 12], direct);
        Assert.Equal(method == METHOD_OUT_DIRECT ? 99 : 10, output[0]);
        Assert.Empty(_log.Violations);
    }

    [Fact]
    public void NeitherControlGivesTheDriverUserAddresses()
    {
        uint code = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_NEITHER, FILE_ANY_ACCESS);
        _driver.On(IRP_MJ_DEVICE_CONTROL, (_, irp) =>
        {
            var input = (byte*)IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.Type3InputBuffer;
            ProbeForRead(input, 2, 1);
            ProbeForWrite(irp->UserBuffer, 2, 1);
            ((byte*)irp->UserBuffer)[0] = (byte)(input[0] + input[1]);
            return TestDriver.Complete(irp, STATUS_SUCCESS, 1);
        });
        using HilFile file = Open();
        byte[] output = new byte[2];

        Run(() => file.DeviceIoControl(code, [40, 2], output));

        Assert.Equal(42, output[0]);
    }

    [Fact]
    public void DirectReadIntoWindowMemoryIsNotCopied()
    {
        ulong mapped = 0;
        OnRead(DO_DIRECT_IO, irp =>
        {
            mapped = (ulong)MmGetSystemAddressForMdlSafe(irp->MdlAddress, 16);
            *(byte*)mapped = 5;
            return (STATUS_SUCCESS, 1);
        });
        using HilFile file = Open(createDevice: false);
        using IMemoryOwner<byte> owner = _machine.Kernel.Io.WindowMemory.Rent(4096);

        IoResult result = Run(() => file.Read(owner.Memory.Span));

        using MemoryHandle pin = owner.Memory.Pin();
        Assert.Equal(STATUS_SUCCESS, result.Status);
        Assert.Equal((ulong)pin.Pointer, mapped);
        Assert.Equal(5, owner.Memory.Span[0]);
        Assert.Equal(0, _machine.Kernel.Io.BytesCopied);
    }

    [Fact]
    public void SynchronousFileSendsOneRequestAtATime()
    {
        int inside = 0, most = 0;
        _driver.On(IRP_MJ_READ, (_, irp) =>
        {
            most = Math.Max(most, ++inside);
            IoMarkIrpPending(irp);
            ulong later = (ulong)irp;
            _machine.StartThread(() =>
            {
                inside--;
                TestDriver.Complete((IRP*)later, STATUS_SUCCESS);
            });
            return STATUS_PENDING;
        });
        using HilFile file = Open(new FileOpening(Options: FILE_SYNCHRONOUS_IO_NONALERT));

        Run(() =>
        {
            for (int i = 0; i < 3; i++)
                _machine.StartThread(() => file.Read(new byte[1]));
            TestMachine.Settle();
            return true;
        });

        Assert.Equal(1, most);
    }

    [Fact]
    public void ExclusiveDeviceIsOpenedOnce()
    {
        _machine.Run(() => _driver.CreateDevice(Name)->Flags |= DO_EXCLUSIVE);
        using HilFile first = Open(createDevice: false);

        NtStatusException refused = Assert.Throws<NtStatusException>(() => Open(createDevice: false));

        Assert.Equal(STATUS_ACCESS_DENIED, refused.Status);
    }

    [Fact]
    public void DeviceThatIsInitialisingCannotBeOpened()
    {
        _machine.Run(() => _driver.CreateDevice(Name)->Flags |= DO_DEVICE_INITIALIZING);

        NtStatusException refused = Assert.Throws<NtStatusException>(() => Open(createDevice: false));

        Assert.Equal(STATUS_NO_SUCH_DEVICE, refused.Status);
    }

    private HilFile Open(FileOpening? opening = null, bool createDevice = true)
    {
        if (createDevice && !_machine.Run(() => _machine.Kernel.Objects.Names.Find(Name) != null))
            _machine.Run(() => (ulong)_driver.CreateDevice(Name));
        return _machine.Kernel.Io.Open(Name, opening);
    }

    private T Run<T>(Func<T> work) => _machine.Run(work);

    private delegate (NTSTATUS Status, ulong Information) Reader(IRP* irp);

    private void OnRead(uint flags, Reader read)
    {
        _driver.On(IRP_MJ_READ, (_, irp) =>
        {
            (NTSTATUS status, ulong information) = read(irp);
            return TestDriver.Complete(irp, status, information);
        });
        _machine.Run(() => (ulong)_driver.CreateDevice(Name, flags));
    }
}
