using System.Collections.Immutable;
using Hil.Loader;

namespace Hil.Host.Tests.Build;

/// <summary>Needs mingw-w64; scripts/test installs it.</summary>
public sealed class DriverBuildTests : IDisposable
{
    private const string Source = """
        #include "code.h"
        #include <ntddk.h>
        NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
        {
            (void)DriverObject; (void)RegistryPath;
            return CODE;
        }
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hil-build-");
    private readonly List<string> _lines = [];
    private readonly DriverSection _driver;

    public DriverBuildTests()
    {
        Write("a.c", Source);
        Write("code.h", "#define CODE STATUS_SUCCESS\n");
        _driver = new DriverSection(
            $"build-test-{Guid.NewGuid():n}", _folder.FullName, [Path.Combine(_folder.FullName, "a.c")], [], null, null,
            ImmutableDictionary<string, object>.Empty);
    }

    private string Output => Path.Combine(ArtifactsFolder.Path, "drivers", _driver.Name);

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        if (Directory.Exists(Output))
            Directory.Delete(Output, recursive: true);
    }

    [Fact]
    public void SourcesBecomeADriverImageWithSymbolsBesideNoSource()
    {
        string image = DriverBuild.Build(_driver, _lines.Add);

        Assert.Equal(Path.Combine(Output, _driver.Name + ".sys"), image);
        Assert.NotEqual(0u, DriverImage.ReadFile(image).EntryRva);
        Assert.Equal(["a.c", "code.h"], _folder.EnumerateFiles().Select(file => file.Name).Order());
        Assert.Empty(_lines);
    }

    /// <summary>On Windows it is in a static library; here in the header. The kernel exports nothing of it.</summary>
    [Fact]
    public void IoCreateDeviceSecureIsLinkedIntoTheDriver()
    {
        Write("a.c", """
            #include <ntddk.h>
            #include <wdmsec.h>
            NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
            {
                PDEVICE_OBJECT device;
                UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Secure");
                (void)RegistryPath;
                return IoCreateDeviceSecure(DriverObject, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE,
                                            &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, NULL, &device);
            }

            """);

        DriverImage image = DriverImage.ReadFile(DriverBuild.Build(_driver, _lines.Add));

        Assert.Empty(_lines);
        string?[] imports = [.. image.Imports.SelectMany(module => module.Imports).Select(import => import.Name)];
        Assert.Contains("ZwSetSecurityObject", imports);
        Assert.DoesNotContain("IoCreateDeviceSecure", imports);
        Assert.DoesNotContain("WdmlibIoCreateDeviceSecure", imports);
    }

    /// <summary>What mingw-w64's headers and import library lack.</summary>
    [Fact]
    public void RoutinesOfNewerHeadersAreThere()
    {
        Write("a.c", """
            #include <ntddk.h>
            #include <stdio.h>
            #include <wmilib.h>
            _Dispatch_type_(IRP_MJ_READ) DRIVER_DISPATCH Read;
            IO_CSQ_INSERT_IRP Insert;
            NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
            {
                char text[16];
                LARGE_INTEGER now;
                PVOID pool = ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, 'looP');
                ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
                KeMemoryBarrier();
                WRITE_REGISTER_ULONG64(pool, READ_REGISTER_ULONG64(pool) + 1);
                READ_REGISTER_BUFFER_ULONG64(pool, (PULONG64)text, 1);
                WRITE_REGISTER_BUFFER_ULONG64(pool, (PULONG64)text, 1);
                KeQuerySystemTimePrecise(&now);
                sprintf(text, "%p", pool);
                ExFreePool(ExAllocatePoolZero(NonPagedPoolNx, 8, 'looP'));
                MM_COPY_ADDRESS from = { .VirtualAddress = text };
                SIZE_T copied;
                MmCopyMemory(pool, from, 8, MM_COPY_MEMORY_VIRTUAL, &copied);
                POOL_EXTENDED_PARAMETER node = { .Type = PoolExtendedParameterNumaNode, .PreferredNode = 0 };
                ExFreePool2(ExAllocatePool3(POOL_FLAG_PAGED, 8, 'looP', &node, 1), 'looP', NULL, 0);
                PsSetLoadImageNotifyRoutineEx(NULL, PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE);
                PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifyNonSystem, NULL);
                PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, NULL, TRUE);
                WmiFireEvent(DriverObject->DeviceObject, NULL, RTL_QUERY_REGISTRY_TYPECHECK, 0, NULL);
                (void)RegistryPath;
                return IoSynchronousCallDriver(DriverObject->DeviceObject, NULL);
            }

            """);

        DriverImage image = DriverImage.ReadFile(DriverBuild.Build(_driver, _lines.Add));

        Assert.Empty(_lines);
        Assert.Contains(
            image.Imports.SelectMany(module => module.Imports), import => import.Name == "ExAllocatePool2");
        Assert.Contains(
            image.Imports, module => module.Module.Equals("wmilib.sys", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>GCC drops the calls when it takes an array's one element or a pointer's type at its word.</summary>
    [Fact]
    public void ArraysOfOneMayBeLongerAndValuesHaveOtherTypes()
    {
        Write("a.c", """
            #include <ntddk.h>
            NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
            {
                PCM_RESOURCE_LIST list = DriverObject->DriverSection;
                PULONG whole = DriverObject->DriverStart;
                PUSHORT half = (PUSHORT)RegistryPath->Buffer;
                ULONG ports = 0;
                ULONG i;
                for (i = 0; i < list->List[0].PartialResourceList.Count; i++)
                    ports += list->List[0].PartialResourceList.PartialDescriptors[i].Type == CmResourceTypePort;
                if (i > 1)
                    KeStallExecutionProcessor(1);
                *whole = 0;
                *half = 1;
                if (*whole != 0)
                    KeQueryTimeIncrement();
                return ports;
            }

            """);

        DriverImage image = DriverImage.ReadFile(DriverBuild.Build(_driver, _lines.Add));

        Assert.Empty(_lines);
        IEnumerable<string?> imports = image.Imports.SelectMany(module => module.Imports).Select(import => import.Name);
        Assert.Superset(
            new HashSet<string?> { "KeStallExecutionProcessor", "KeQueryTimeIncrement" },
            imports.ToHashSet());
    }

    [Fact]
    public void ImageIsMadeAgainOnlyWhenSomethingIsNewer()
    {
        string image = DriverBuild.Build(_driver, _lines.Add);
        DateTime first = Age(image);

        DriverBuild.Build(_driver, _lines.Add);
        Assert.Equal(first, File.GetLastWriteTimeUtc(image));

        Write("code.h", "#define CODE STATUS_UNSUCCESSFUL\n");
        DriverBuild.Build(_driver, _lines.Add);
        Assert.NotEqual(first, File.GetLastWriteTimeUtc(image));
    }

    [Fact]
    public void OtherDefinesMakeTheImageAgain()
    {
        string image = DriverBuild.Build(_driver, _lines.Add);
        DateTime first = Age(image);

        DriverBuild.Build(_driver with { Defines = ["EXTRA=1"] }, _lines.Add);

        Assert.NotEqual(first, File.GetLastWriteTimeUtc(image));
    }

    [Fact]
    public void CompilersWordsComeThroughAndNoImageIsLeft()
    {
        Write("code.h", "#error not today\n");

        Assert.Throws<DriverBuildException>(() => DriverBuild.Build(_driver, _lines.Add));

        Assert.Contains(_lines, line => line.Contains("#error not today", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFiles(Output));
    }

    // An hour ago: later than that are the sources that a test writes, earlier those of the constructor.
    private DateTime Age(string image)
    {
        DateTime hourAgo = DateTime.UtcNow.AddHours(-1);
        foreach (FileInfo file in _folder.EnumerateFiles())
            file.LastWriteTimeUtc = hourAgo.AddHours(-1);
        File.SetLastWriteTimeUtc(image, hourAgo);
        return File.GetLastWriteTimeUtc(image);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.FullName, name), text);
}
