namespace Hil.EndToEnd.Tests.Cli;

/// <summary>A warning of `hil run` names the driver's routine or call that it is about.</summary>
public sealed class WarningPlaceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hil-warnings-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task WrongCallAndDispatchRoutineAreNamed()
    {
        await WriteAsync("hil.yaml", """
            driver: {name: places, sources: [a.c]}
            workload:
              - open: '\\.\Places'
              - read: 0
            """);
        await WriteAsync("a.c", """
            #include <wdm.h>
            static KEVENT Event;
            static NTSTATUS Create(PDEVICE_OBJECT device, PIRP irp)
            {
                irp->IoStatus.Status = STATUS_SUCCESS;
                IoCompleteRequest(irp, IO_NO_INCREMENT);
                return STATUS_SUCCESS;
            }
            static NTSTATUS Read(PDEVICE_OBJECT device, PIRP irp)
            {
                KIRQL old;
                KeRaiseIrql(DISPATCH_LEVEL + 3, &old);
                KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
                KeLowerIrql(old);
                Create(device, irp);
                return STATUS_PENDING;
            }
            static VOID Unload(PDRIVER_OBJECT driver)
            {
                UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Places");
                IoDeleteSymbolicLink(&link);
                IoDeleteDevice(driver->DeviceObject);
            }
            NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
            {
                UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Places");
                UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Places");
                PDEVICE_OBJECT device;
                KeInitializeEvent(&Event, NotificationEvent, FALSE);
                driver->DriverUnload = Unload;
                driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = Create;
                driver->MajorFunction[IRP_MJ_CLEANUP] = Create;
                driver->MajorFunction[IRP_MJ_READ] = Read;
                IoCreateSymbolicLink(&link, &name);
                return IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
            }
            """);

        (int code, string output) = await HilProcess.RunAsync("run", _folder);

        Assert.True(code == 0, output);
        Assert.Matches(@"KeSetEvent called at .*, at places\.sys\+0x[0-9a-f]+ \(Read\+0x", output);
        Assert.Matches(@"the dispatch routine places\.sys\+0x[0-9a-f]+ \(Read\) returned STATUS_PENDING", output);
    }

    [Theory]
    [InlineData("0x222004", @"nobody cleared; storm\.sys\+0x[0-9a-f]+ \(.+\) claimed the last")]
    [InlineData("0x222008", "nobody cleared; no service routine claimed them")]
    public async Task StormNamesTheServiceRoutineThatClaims(string code, string said)
    {
        await WriteAsync("storm.yaml", $$"""
            workload:
              - open: '\\.\HilStorm'
              - ioctl: {{code}}
              - ioctl: 0x222010
            """);

        (_, string output) = await HilProcess.RunAsync(
            "run", TestDrivers.Image("storm"), "--device", "edu",
            "--workload", Path.Combine(_folder, "storm.yaml"));

        Assert.Matches(said, output);
    }

    private Task WriteAsync(string file, string text) => File.WriteAllTextAsync(Path.Combine(_folder, file), text);
}
