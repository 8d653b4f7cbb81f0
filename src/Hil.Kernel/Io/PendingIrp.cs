namespace Hil.Kernel;

/// <summary>An IRP that a driver has got and not completed.</summary>
/// <param name="Id">Sequence number, from 1.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Device">Name of the device that has it.</param>
/// <param name="IsCancelled">Whether it was asked to be cancelled.</param>
public sealed record PendingIrp(
    long Id, ulong Address, byte MajorFunction, byte MinorFunction, string Device, bool IsCancelled)
{
    public override string ToString() =>
        $"IRP #{Id} {MajorFunctionName.Of(MajorFunction)} on {Device}{(IsCancelled ? ", cancelled" : "")}";
}
