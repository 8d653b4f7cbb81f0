using Hil.Wdm;

namespace Hil.Testing;

/// <summary>An IRP that has ended.</summary>
/// <param name="MajorFunction">IRP_MJ_…</param>
public readonly record struct RigIrp(byte MajorFunction, byte MinorFunction, NTSTATUS Status, ulong Information);
