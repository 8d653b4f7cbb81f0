namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Stands in the virtual function tables of abstract C++ classes; raises STATUS_NOT_IMPLEMENTED in the
    /// caller.</summary>
    /// <remarks>C runtime: _purecall.</remarks>
    [Export]
    public static int _purecall() =>
        throw new GuestRaiseException(STATUS_NOT_IMPLEMENTED, "the driver called a pure virtual function");
}
