namespace Hil.Kernel;

/// <summary>Loads and unloads drivers that another driver names by their services.</summary>
public interface IServiceLoader
{
    /// <summary>Loads the image of a service and calls its DriverEntry. On a kernel thread at PASSIVE_LEVEL.</summary>
    /// <param name="imageFile">The image's file name, without a path.</param>
    /// <returns>What DriverEntry returned; STATUS_OBJECT_NAME_NOT_FOUND for an image that is not known,
    /// STATUS_INVALID_IMAGE_FORMAT for one that is no driver.</returns>
    NTSTATUS Load(string service, string imageFile);

    /// <summary>Calls DriverUnload and takes the driver away. On a kernel thread at PASSIVE_LEVEL.</summary>
    /// <returns>STATUS_INVALID_DEVICE_REQUEST for a driver that it has not loaded, or that cannot be
    /// unloaded.</returns>
    NTSTATUS Unload(string service);
}
