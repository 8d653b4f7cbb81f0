namespace Hil.Kernel.Tests.Io;

public sealed unsafe class ZwFileTests : IDisposable
{
    private const string Name = @"\Device\Zw";

    private readonly TestMachine _machine = new();
    private readonly TestDriver _driver;

    public ZwFileTests()
    {
        _driver = _machine.Run(() => new TestDriver(_machine));
        _machine.Run(() =>
        {
            _driver.CreateDevice(Name, DO_BUFFERED_IO);
        });
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void ZwReadFileGoesOnAtTheCurrentPositionOfASynchronousFile() => _machine.Run(() =>
    {
        var offsets = new List<long>();
        _driver.On(IRP_MJ_READ, (_, irp) =>
        {
            offsets.Add(IoGetCurrentIrpStackLocation(irp)->Parameters.Read.ByteOffset.QuadPart);
            *(byte*)irp->AssociatedIrp.SystemBuffer = 9;
            return TestDriver.Complete(irp, STATUS_SUCCESS, 4);
        });
        void* handle = Open(FILE_GENERIC_READ, FILE_SYNCHRONOUS_IO_NONALERT);
        IO_STATUS_BLOCK* iosb = _machine.New<IO_STATUS_BLOCK>();
        ulong* buffer = _machine.New<ulong>();

        NTSTATUS status = ZwReadFile(handle, null, default, null, iosb, buffer, 4, null, null);
        ZwReadFile(handle, null, default, null, iosb, buffer, 4, null, null);

        Assert.Equal(STATUS_SUCCESS, status);
        Assert.Equal([0L, 4L], offsets);
        Assert.Equal(4u, iosb->Information);
        Assert.Equal(9, *(byte*)buffer);
        Assert.Equal(STATUS_SUCCESS, ZwClose(handle));
    });

    [Fact]
    public void ZwWriteFileThroughAHandleForReadingIsAccessDenied() => _machine.Run(() =>
    {
        void* handle = Open(FILE_GENERIC_READ, 0);
        long offset = 0;

        NTSTATUS status = ZwWriteFile(
            handle, null, default, null, _machine.New<IO_STATUS_BLOCK>(), _machine.New<ulong>(), 4, &offset, null);

        Assert.Equal(STATUS_ACCESS_DENIED, status);
        ZwClose(handle);
    });

    [Fact]
    public void ZwDeviceIoControlFileSetsTheEvent() => _machine.Run(() =>
    {
        _driver.On(IRP_MJ_DEVICE_CONTROL, (_, irp) =>
        {
            Assert.Equal(KPROCESSOR_MODE.KernelMode, irp->RequestorMode);
            return TestDriver.Complete(irp, STATUS_SUCCESS);
        });
        void* handle = Open(FILE_GENERIC_READ, 0);
        void* done;
        ZwCreateEvent(&done, EVENT_ALL_ACCESS, null, EVENT_TYPE.NotificationEvent, false);
        long zero = 0;
        Assert.Equal(STATUS_TIMEOUT, ZwWaitForSingleObject(done, false, &zero));

        NTSTATUS status = ZwDeviceIoControlFile(
            handle, done, default, null, _machine.New<IO_STATUS_BLOCK>(), 0x222000, null, 0, null, 0);

        Assert.Equal(STATUS_SUCCESS, status);
        Assert.Equal(STATUS_SUCCESS, ZwWaitForSingleObject(done, false, &zero));
        ZwClose(done);
        ZwClose(handle);
    });

    [Fact]
    public void PositionOfASynchronousFileIsTheIoManagersToTell() => _machine.Run(() =>
    {
        void* handle = Open(FILE_GENERIC_READ, FILE_SYNCHRONOUS_IO_NONALERT);
        IO_STATUS_BLOCK* iosb = _machine.New<IO_STATUS_BLOCK>();
        FILE_POSITION_INFORMATION* position = _machine.New<FILE_POSITION_INFORMATION>();
        position->CurrentByteOffset.QuadPart = 77;
        uint bytes = (uint)sizeof(FILE_POSITION_INFORMATION);

        ZwSetInformationFile(handle, iosb, position, bytes, FILE_INFORMATION_CLASS.FilePositionInformation);
        position->CurrentByteOffset.QuadPart = 0;
        ZwQueryInformationFile(handle, iosb, position, bytes, FILE_INFORMATION_CLASS.FilePositionInformation);

        Assert.Equal(77, position->CurrentByteOffset.QuadPart);
        ZwClose(handle);
    });

    [Fact]
    public void OtherInformationIsTheDriversToTell() => _machine.Run(() =>
    {
        _driver.On(IRP_MJ_QUERY_INFORMATION, (_, irp) =>
        {
            Assert.Equal(
                FILE_INFORMATION_CLASS.FileStandardInformation,
                IoGetCurrentIrpStackLocation(irp)->Parameters.QueryFile.FileInformationClass);
            ((FILE_STANDARD_INFORMATION*)irp->AssociatedIrp.SystemBuffer)->EndOfFile.QuadPart = 1234;
            return TestDriver.Complete(irp, STATUS_SUCCESS, (ulong)sizeof(FILE_STANDARD_INFORMATION));
        });
        void* handle = Open(FILE_GENERIC_READ, 0);
        FILE_STANDARD_INFORMATION* standard = _machine.New<FILE_STANDARD_INFORMATION>();

        NTSTATUS status = ZwQueryInformationFile(
            handle, _machine.New<IO_STATUS_BLOCK>(), standard, (uint)sizeof(FILE_STANDARD_INFORMATION),
            FILE_INFORMATION_CLASS.FileStandardInformation);

        Assert.Equal(STATUS_SUCCESS, status);
        Assert.Equal(1234, standard->EndOfFile.QuadPart);
        ZwClose(handle);
    });

    [Fact]
    public void PathWithoutADeviceIsNotFound() => _machine.Run(() =>
    {
        OBJECT_ATTRIBUTES* attributes = Attributes(@"\SystemRoot\driver.log");
        void* handle;

        NTSTATUS status = ZwOpenFile(
            &handle, FILE_GENERIC_WRITE, attributes, _machine.New<IO_STATUS_BLOCK>(), 0, FILE_SYNCHRONOUS_IO_NONALERT);

        Assert.Equal(STATUS_OBJECT_PATH_NOT_FOUND, status);
    });

    private const uint EVENT_ALL_ACCESS = 0x1F0003;

    private void* Open(uint access, uint options)
    {
        void* handle;
        Assert.Equal(STATUS_SUCCESS, ZwCreateFile(
            &handle, access, Attributes(Name), _machine.New<IO_STATUS_BLOCK>(), null, 0, FILE_SHARE_READ, FILE_OPEN,
            options, null, 0));
        return handle;
    }

    private OBJECT_ATTRIBUTES* Attributes(string path)
    {
        OBJECT_ATTRIBUTES* attributes = _machine.New<OBJECT_ATTRIBUTES>();
        attributes->Length = (uint)sizeof(OBJECT_ATTRIBUTES);
        attributes->ObjectName = DriverString.Create(_machine.Kernel, path);
        return attributes;
    }
}
