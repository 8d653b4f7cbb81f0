namespace Hil.Kernel;

/// <summary>The driver stack was unwound to a frame of an outer driver call. Takes the host out of all calls inside
/// that one, whose driver code goes on with these registers.</summary>
public sealed unsafe class GuestUnwindException : Exception
{
    private readonly CONTEXT _registers;

    internal GuestUnwindException(DriverCall* target, CONTEXT* registers)
        : base("an exception is handled in an outer driver call")
    {
        Target = target;
        _registers = *registers;
    }

    internal DriverCall* Target { get; }

    internal ref readonly CONTEXT Registers => ref _registers;
}
