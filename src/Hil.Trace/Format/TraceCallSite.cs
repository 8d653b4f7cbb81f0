namespace Hil.Trace;

/// <summary>A place in driver code that calls an export.</summary>
/// <param name="Export">Id of the export's name.</param>
/// <param name="Return">The address that the call returns to.</param>
/// <param name="Place">Id of the driver's symbol and offset, 0 when unknown.</param>
public readonly record struct TraceCallSite(ulong Export, ulong Return, ulong Place);
