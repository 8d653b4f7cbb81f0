namespace Hil.Kernel;

/// <summary>A routine of CmRegisterCallback(Ex).</summary>
/// <param name="rundown">Held while the routine runs, so that its registration does not end meanwhile.</param>
internal sealed unsafe class RegistryCallback(
    long cookie, DriverRoutine routine, nint context, decimal altitude, EX_RUNDOWN_REF* rundown)
{
    public long Cookie { get; } = cookie;

    public DriverRoutine Routine { get; } = routine;

    public nint Context { get; } = context;

    /// <summary>Who is higher hears of an operation earlier, and of its end later.</summary>
    public decimal Altitude { get; } = altitude;

    public EX_RUNDOWN_REF* Rundown { get; } = rundown;

    /// <summary>What CmSetCallbackObjectContext gave, by key object.</summary>
    public Dictionary<KernelObject, nint> ObjectContexts { get; } = [];
}
