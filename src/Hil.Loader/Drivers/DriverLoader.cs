namespace Hil.Loader;

/// <summary>Brings drivers into a kernel: maps and binds images, gives managed drivers their driver objects.</summary>
/// <param name="random">Where the stack cookie comes from; null for the kernel's Schedule.</param>
public sealed class DriverLoader(NtKernel kernel, Func<ulong>? random = null)
{
    private readonly Func<ulong> _random = random ?? (() => DrawRandom(kernel.Services.Schedule));

    /// <summary>Maps an image, binds its imports and makes its driver object. No driver code runs yet.</summary>
    /// <param name="serviceName">Null for the file's name without its extension.</param>
    /// <exception cref="BadDriverImageException">The image cannot live here: no room, or it needs the KMDF
    /// framework.</exception>
    public NativeDriver Load(DriverImage image, string? serviceName = null)
    {
        var binder = new ImportBinder(kernel, image);
        var mapper = new ImageMapper(kernel, image);
        try
        {
            mapper.Write(binder.Bind(), _random());
        }
        catch
        {
            binder.Free();
            mapper.Free();
            throw;
        }

        var record = new DriverRecord(kernel, serviceName ?? Path.GetFileNameWithoutExtension(image.FileName));
        var module = new NativeModule(image, mapper.Base);
        kernel.Modules.Add(module);
        var driver = new NativeDriver(kernel, record, module, mapper, binder);
        Announce(driver);
        return driver;
    }

    /// <summary>Makes a driver object for a managed driver. Its DriverEntry does not run yet.</summary>
    /// <param name="serviceName">Null for the type's name in lower case without "Driver" at its end.</param>
    public unsafe LoadedManagedDriver Load(ManagedDriver driver, string? serviceName = null)
    {
        var loaded = new LoadedManagedDriver(kernel, new DriverRecord(kernel, serviceName ?? NameOf(driver)), driver);
        kernel.Events.Add(KernelEventKind.Driver, (ulong)loaded.Object, text: $"{loaded.Name}: managed driver loaded");
        return loaded;
    }

    private static ulong DrawRandom(Schedule schedule)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        schedule.FillRandom(bytes);
        return BitConverter.ToUInt64(bytes);
    }

    private static string NameOf(ManagedDriver driver)
    {
        const string Suffix = "Driver";
        string name = driver.GetType().Name;
        return (name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] : name).ToLowerInvariant();
    }

    private unsafe void Announce(NativeDriver driver)
    {
        NativeModule module = driver.Module;
        kernel.Events.Add(KernelEventKind.Driver, (ulong)driver.Object, text:
            $"{module.Name}: loaded at 0x{module.Base:x}, {module.Bytes / 1024} KB, " +
            $"sha256 {module.Image.Sha256[..16]}");
        if (!module.Image.IsChecksumRight)
            kernel.Events.Add(KernelEventKind.Driver, (ulong)driver.Object, text:
                $"{module.Name}: warning: the file was changed after it was linked (its checksum is wrong)");
        if (driver.MissingImports.Count != 0)
            kernel.Events.Add(KernelEventKind.Driver, (ulong)driver.Object, text:
                $"{module.Name}: warning: missing imports, each stops the machine when called: " +
                string.Join(", ", driver.MissingImports));
    }
}
