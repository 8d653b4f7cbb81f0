namespace Hil.Kernel;

/// <summary>Hears the calls of exports by native driver code, with arguments and results.</summary>
public unsafe interface IKernelCallObserver
{
    /// <param name="export">Index in <see cref="ExportTable.Functions"/>.</param>
    /// <param name="returnAddress">Where driver code goes on.</param>
    /// <param name="arguments">8-byte slots, at least four; upper bits of narrower types are undefined.</param>
    void OnCall(int export, ulong returnAddress, ulong* arguments);

    /// <param name="result">RAX; of no meaning for routines without a result.</param>
    void OnReturn(int export, ulong returnAddress, ulong result);
}
