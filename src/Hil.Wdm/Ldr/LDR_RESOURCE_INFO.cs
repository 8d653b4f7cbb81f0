namespace Hil.Wdm;

/// <summary>Which resource is meant: numbers, or addresses of zero-terminated names where they are above
/// 0xFFFF.</summary>
public struct LDR_RESOURCE_INFO
{
    public nuint Type;
    public nuint Name;
    public nuint Language;
}
