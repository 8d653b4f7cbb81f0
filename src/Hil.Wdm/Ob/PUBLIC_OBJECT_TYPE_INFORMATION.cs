namespace Hil.Wdm;

/// <summary>What ZwQueryObject tells about an object's type.</summary>
public unsafe struct PUBLIC_OBJECT_TYPE_INFORMATION
{
    public UNICODE_STRING TypeName;
    public fixed uint Reserved[22];
}
