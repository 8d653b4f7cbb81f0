namespace Hil.Kernel;

/// <summary>What a callback object consists of, on the host's side.</summary>
internal sealed class CallbackState(bool allowsMany)
{
    public bool AllowsMany { get; } = allowsMany;

    public List<CallbackRegistration> Registrations { get; } = [];
}

internal readonly record struct CallbackRegistration(nint Handle, DriverRoutine Routine, nint Context);
