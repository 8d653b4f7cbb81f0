namespace Hil.Kernel;

/// <summary>The arguments of a print routine, one 8-byte slot each, read in order and not beyond driver-visible
/// memory.</summary>
internal unsafe struct PrintArguments
{
    private readonly bool _isInWindow;
    private ulong* _next;

    public PrintArguments(ulong* slots)
    {
        IGuestMemory memory = NtKernel.Current.Services.Memory;
        _next = slots;
        _isInWindow = (ulong)slots - memory.Base < memory.Bytes; // Managed drivers pass slots of their own.
    }

    public ulong Next()
    {
        if (_isInWindow)
            DriverMemory.RequireReadable(_next, sizeof(ulong), "a print routine");
        return *_next++;
    }
}
