namespace Hil.Kernel;

/// <summary>A device registered with the power management framework.</summary>
internal sealed unsafe class FrameworkDevice
{
    private const uint Version1 = 1;
    private const int ComponentsMax = 4096; // A wild count must not exhaust the host.

    private readonly DriverRoutine _active;
    private readonly DriverRoutine _idle;
    private readonly void* _context;
    private readonly int[] _references;
    private readonly bool[] _awaitsIdle;
    private bool _isManaged;

    public FrameworkDevice(void* handle, void* device)
    {
        Handle = handle;
        var first = PointerCheck.Follow<PO_FX_DEVICE_V1>(device, "Device");
        uint count;
        if (first->Version == Version1)
        {
            (_active, _idle) = (first->ComponentActiveConditionCallback, first->ComponentIdleConditionCallback);
            _context = first->DeviceContext;
            count = first->ComponentCount;
        }
        else
        {
            var second = PointerCheck.Follow<PO_FX_DEVICE_V2>(device, "Device");
            (_active, _idle) = (second->ComponentActiveConditionCallback, second->ComponentIdleConditionCallback);
            _context = second->DeviceContext;
            count = second->ComponentCount;
        }
        _references = new int[Math.Min(count, ComponentsMax)];
        _awaitsIdle = new bool[_references.Length];
    }

    public void* Handle { get; }

    public bool Has(uint component) => component < (uint)_references.Length;

    /// <summary>Components that nobody has activated go idle now.</summary>
    public void StartManagement()
    {
        _isManaged = true;
        for (uint component = 0; component < _references.Length; component++)
        {
            if (_references[component] == 0)
                GoIdle(component);
        }
    }

    public void Activate(uint component)
    {
        if (_references[component]++ == 0 && _isManaged && !_active.IsNull)
            Processor.Current.Call(_active, _context, (void*)(nuint)component);
    }

    /// <summary>False when the component is not active.</summary>
    public bool Idle(uint component)
    {
        if (_references[component] == 0)
            return false;
        if (--_references[component] == 0 && _isManaged)
            GoIdle(component);
        return true;
    }

    /// <summary>False when the driver was not asked.</summary>
    public bool CompleteIdle(uint component)
    {
        bool wasAsked = _awaitsIdle[component];
        _awaitsIdle[component] = false;
        return wasAsked;
    }

    private void GoIdle(uint component)
    {
        _awaitsIdle[component] = true;
        if (!_idle.IsNull)
            Processor.Current.Call(_idle, _context, (void*)(nuint)component);
    }
}
