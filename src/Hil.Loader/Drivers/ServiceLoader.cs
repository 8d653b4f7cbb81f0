namespace Hil.Loader;

/// <summary>Loads the drivers of services when a driver asks for them (ZwLoadDriver): from images that it was told of,
/// else from a source of files.</summary>
/// <param name="read">The bytes of an image file by its name, or null when there is none; null for no such
/// source.</param>
/// <param name="loaded">Hears of each driver that was mapped, before its DriverEntry runs.</param>
public sealed class ServiceLoader(
    NtKernel kernel, Func<string, byte[]?>? read = null, Action<LoadedDriver>? loaded = null) : IServiceLoader
{
    private readonly Dictionary<string, DriverImage> _images = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, LoadedDriver> _loaded = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes an image known by its file's name.</summary>
    public void Add(DriverImage image) => _images[Path.GetFileName(image.FileName)] = image;

    /// <inheritdoc/>
    public NTSTATUS Load(string service, string imageFile)
    {
        if (kernel.Modules.All.Any(module => module.Name.Equals(imageFile, StringComparison.OrdinalIgnoreCase)))
            return STATUS_IMAGE_ALREADY_LOADED;
        LoadedDriver driver;
        try
        {
            if (FindImage(imageFile) is not { } image)
                return Refuse(service, $"no {imageFile} is beside the driver under test", STATUS_OBJECT_NAME_NOT_FOUND);
            driver = new DriverLoader(kernel).Load(image, service);
        }
        catch (BadDriverImageException e)
        {
            return Refuse(service, e.Message, STATUS_INVALID_IMAGE_FORMAT);
        }
        loaded?.Invoke(driver);
        NTSTATUS status = driver.Initialize();
        if (status.IsSuccess)
            _loaded[service] = driver;
        else
            driver.Free();
        return status;
    }

    /// <inheritdoc/>
    public NTSTATUS Unload(string service)
    {
        if (!_loaded.TryGetValue(service, out LoadedDriver? driver))
            return STATUS_INVALID_DEVICE_REQUEST;
        NTSTATUS status = driver.Unload();
        if (status.IsSuccess)
            _loaded.Remove(service);
        return status;
    }

    // A file is named without its folder, so that what is said about it is the same wherever it lies.
    private DriverImage? FindImage(string imageFile) =>
        _images.TryGetValue(imageFile, out DriverImage? image) ? image
        : read?.Invoke(imageFile) is { } bytes ? DriverImage.Parse(bytes, imageFile)
        : null;

    private NTSTATUS Refuse(string service, string why, NTSTATUS status)
    {
        kernel.Events.Add(KernelEventKind.Driver, 0, (uint)status.Value, text: $"{service}: not loaded: {why}");
        return status;
    }
}
