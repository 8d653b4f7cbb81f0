namespace Hil.Wdm;

/// <summary>Whether a request or an access comes from kernel or user mode; a byte, as in IRP.RequestorMode.</summary>
public enum KPROCESSOR_MODE : sbyte
{
    KernelMode,
    UserMode,
    MaximumMode,
}
