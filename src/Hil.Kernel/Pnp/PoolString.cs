namespace Hil.Kernel;

/// <summary>A UNICODE_STRING in driver-visible memory for the time of one call.</summary>
internal sealed unsafe class PoolString : IDisposable
{
    public PoolString(string text)
    {
        Value = DriverString.Create(NtKernel.Current, text);
        Invariant.Holds(Value != null, "the pool has room for the PnP manager's own structures");
    }

    public UNICODE_STRING* Value { get; }

    public void Dispose() => DriverString.Free(NtKernel.Current, Value);
}
