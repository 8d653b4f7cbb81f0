namespace Hil.Loader;

/// <summary>Loads images that it was told of, when a driver asks for their services (ZwLoadDriver).</summary>
public sealed class ServiceLoader(NtKernel kernel) : IServiceLoader
{
    private readonly Dictionary<string, DriverImage> _images = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, LoadedDriver> _loaded = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes an image known by its file's name.</summary>
    public void Add(DriverImage image) => _images[Path.GetFileName(image.FileName)] = image;

    /// <inheritdoc/>
    public NTSTATUS Load(string service, string imageFile)
    {
        if (!_images.TryGetValue(imageFile, out DriverImage? image))
            return STATUS_OBJECT_NAME_NOT_FOUND;
        LoadedDriver driver;
        try
        {
            driver = new DriverLoader(kernel).Load(image, service);
        }
        catch (BadDriverImageException)
        {
            return STATUS_INVALID_IMAGE_FORMAT;
        }
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
}
