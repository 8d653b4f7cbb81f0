namespace Hil.Kernel;

/// <summary>A scatter/gather list that a driver holds.</summary>
/// <param name="Others">What lies in further MDLs of the chain.</param>
/// <param name="IsOwn">The list lies in the driver's own memory and is not freed.</param>
internal readonly record struct DmaList(DmaTransfer Transfer, DmaTransfer[] Others, bool IsOwn);
