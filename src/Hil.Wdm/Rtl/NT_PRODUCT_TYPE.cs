namespace Hil.Wdm;

/// <summary>Workstation or server.</summary>
public enum NT_PRODUCT_TYPE
{
    NtProductWinNt = 1,
    NtProductLanManNt,
    NtProductServer,
}
