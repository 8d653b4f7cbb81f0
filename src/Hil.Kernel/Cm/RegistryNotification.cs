namespace Hil.Kernel;

/// <summary>A registry operation as callbacks are told of it.</summary>
/// <param name="Before">Class of the notification before the operation.</param>
/// <param name="After">Class of that after it.</param>
/// <param name="Target">The key object that is operated on, or that the name is relative to.</param>
/// <param name="Information">REG_XXX_INFORMATION in driver-visible memory.</param>
/// <param name="ContextOffset">Where CallContext is in it; the object's context follows.</param>
internal readonly unsafe record struct RegistryNotification(
    REG_NOTIFY_CLASS Before, REG_NOTIFY_CLASS After, KernelObject Target, nint Information, int ContextOffset)
{
    public void** CallContext => (void**)(Information + ContextOffset);

    public void** ObjectContext => CallContext + 1;
}
