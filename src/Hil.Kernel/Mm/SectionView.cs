namespace Hil.Kernel;

/// <summary>One view of a section.</summary>
/// <param name="IsForSystem">Whether MmMapViewInSystemSpace or one of its kin made it.</param>
/// <param name="IsDevice">Whether it shows device space.</param>
internal sealed record SectionView(
    KernelObject Owner, ulong Base, ulong Bytes, PageAccess Access, bool IsForSystem, bool IsDevice)
{
    public Section Section => (Section)Owner.Payload!;

    public bool Contains(ulong address) => address - Base < Bytes;
}
