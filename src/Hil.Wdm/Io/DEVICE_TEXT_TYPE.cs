namespace Hil.Wdm;

/// <summary>Which text IRP_MN_QUERY_DEVICE_TEXT asks for.</summary>
public enum DEVICE_TEXT_TYPE
{
    DeviceTextDescription,
    DeviceTextLocationInformation,
}
