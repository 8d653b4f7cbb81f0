namespace Hil.Kernel;

/// <summary>The exported variables, laid out in driver-visible memory when the kernel starts.</summary>
public sealed unsafe class DataExports
{
    private readonly Dictionary<string, ulong> _addresses = new(StringComparer.Ordinal);

    internal DataExports(NtKernel kernel)
    {
        const int Align = 16;
        int bytes = 0;
        foreach (DataExport variable in ExportTable.Variables)
            bytes += (variable.Bytes + Align - 1) & -Align;
        if (bytes == 0)
            return;
        ulong next = kernel.Pages.Allocate((nuint)bytes, PageAccess.ReadWrite);
        Invariant.Holds(next != 0, "a new RAM window has room for the exported variables");
        foreach (DataExport variable in ExportTable.Variables)
        {
            variable.Initialize((byte*)next);
            _addresses.Add(variable.Name, next);
            next += (ulong)((variable.Bytes + Align - 1) & -Align);
        }
    }

    /// <summary>Address of a variable, or false when the kernel has none of that name.</summary>
    public bool TryFind(string name, out ulong address) => _addresses.TryGetValue(name, out address);
}
