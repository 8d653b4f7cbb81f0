using System.Runtime.CompilerServices;

namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>The list of extra create parameters of a create request, or null.</summary>
    /// <returns>STATUS_INVALID_PARAMETER for any other request.</returns>
    /// <remarks>WDK: IoGetIrpExtraCreateParameter.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoGetIrpExtraCreateParameter(IRP* irp, void** extraCreateParameter)
    {
        *extraCreateParameter = null;
        ref IrpRecord record = ref NtKernel.Current.Io.Irps.Find(irp);
        if (Unsafe.IsNullRef(ref record) || (irp->Flags & IRP_CREATE_OPERATION) == 0)
            return STATUS_INVALID_PARAMETER;
        *extraCreateParameter = record.ExtraCreateParameter;
        return STATUS_SUCCESS;
    }

    /// <summary>Gives a create request its list of extra create parameters.</summary>
    /// <returns>STATUS_INVALID_PARAMETER for any other request, and for one that has a list.</returns>
    /// <remarks>WDK: IoSetIrpExtraCreateParameter.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoSetIrpExtraCreateParameter(IRP* irp, void* extraCreateParameter)
    {
        ref IrpRecord record = ref NtKernel.Current.Io.Irps.Find(irp);
        if (Unsafe.IsNullRef(ref record) || (irp->Flags & IRP_CREATE_OPERATION) == 0
            || record.ExtraCreateParameter != null)
            return STATUS_INVALID_PARAMETER;
        record.ExtraCreateParameter = extraCreateParameter;
        return STATUS_SUCCESS;
    }

    /// <summary>Takes the list of extra create parameters from a request; the list itself stays.</summary>
    /// <remarks>WDK: IoClearIrpExtraCreateParameter.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void IoClearIrpExtraCreateParameter(IRP* irp)
    {
        ref IrpRecord record = ref NtKernel.Current.Io.Irps.Find(irp);
        if (!Unsafe.IsNullRef(ref record))
            record.ExtraCreateParameter = null;
    }
}
