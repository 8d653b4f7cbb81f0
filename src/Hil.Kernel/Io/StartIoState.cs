namespace Hil.Kernel;

/// <summary>What a device's extension says about its StartIo: what was chosen, whether it runs, what waits for its
/// return.</summary>
internal readonly unsafe ref struct StartIoState
{
    private const uint Deferral = DOE_SIO_NO_KEY | DOE_SIO_WITH_KEY | DOE_SIO_CANCELABLE;

    private readonly DEVOBJ_EXTENSION* _extension;

    private StartIoState(DEVOBJ_EXTENSION* extension) => _extension = extension;

    public static StartIoState Of(DEVICE_OBJECT* deviceObject) => new(Ntoskrnl.ExtensionOf(deviceObject));

    public bool IsDeferred => (_extension->StartIoFlags & DOE_SIO_DEFERRED) != 0;

    public bool IsNonCancelable => (_extension->StartIoFlags & DOE_SIO_NO_CANCEL) != 0;

    public bool IsInsideStartIo => _extension->StartIoCount > 0;

    public void Choose(bool deferred, bool nonCancelable)
    {
        uint flags = _extension->StartIoFlags & Deferral;
        flags |= deferred ? DOE_SIO_DEFERRED : 0;
        flags |= nonCancelable ? DOE_SIO_NO_CANCEL : 0;
        _extension->StartIoFlags = flags;
    }

    public void Enter() => _extension->StartIoCount++;

    public void Leave() => _extension->StartIoCount--;

    /// <summary>Notes a request until StartIo has returned; false if it takes the place of an earlier one.</summary>
    public bool Defer(NextPacket request)
    {
        bool isFirst = (_extension->StartIoFlags & Deferral) == 0;
        uint flags = _extension->StartIoFlags & ~Deferral;
        flags |= request.Key == null ? DOE_SIO_NO_KEY : DOE_SIO_WITH_KEY;
        flags |= request.Cancelable ? DOE_SIO_CANCELABLE : 0;
        _extension->StartIoFlags = flags;
        _extension->StartIoKey = (int)request.Key.GetValueOrDefault();
        return isFirst;
    }

    public bool TryTakeDeferred(out NextPacket request)
    {
        uint flags = _extension->StartIoFlags;
        request = new NextPacket(
            (flags & DOE_SIO_CANCELABLE) != 0,
            (flags & DOE_SIO_WITH_KEY) != 0 ? (uint)_extension->StartIoKey : null);
        _extension->StartIoFlags = flags & ~Deferral;
        return (flags & (DOE_SIO_NO_KEY | DOE_SIO_WITH_KEY)) != 0;
    }
}
