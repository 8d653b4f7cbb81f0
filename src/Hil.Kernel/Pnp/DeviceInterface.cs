namespace Hil.Kernel;

/// <summary>One registered device interface: a name under which a device is found by class.</summary>
/// <param name="Reference">The driver's own suffix, or empty.</param>
internal sealed record DeviceInterface(DeviceNode Node, Guid Class, string Reference)
{
    /// <summary>Name of the symbolic link to the physical device object, such as \??\PCI#VEN_1234…#{class}.</summary>
    public string Link { get; } = $@"\??\{Node.InstancePath.Replace('\\', '#')}#{Class:B}";

    /// <summary>The link with the reference string, which arrives as FileObject->FileName when it is opened.</summary>
    public string Name => Reference.Length == 0 ? Link : $@"{Link}\{Reference}";

    public bool IsEnabled { get; set; }

    /// <summary>Key of the interface below DeviceClasses; values are in its subkey "Device Parameters".</summary>
    public RegistryKey Key => Node.Pnp.Kernel.Registry.Create(
        $@"{Registry.DeviceClassesPath}\{Class:B}\##?#{Link[4..]}\#{Reference}");
}
