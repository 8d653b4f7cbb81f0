namespace Hil.Trace;

/// <summary>Names of registers: BAR0+0x20, config+0x4, port 0x1f0.</summary>
public static class RegisterName
{
    public static string Of(in TraceSite site) => (site.Space, site.Bar) switch
    {
        (TraceSite.ConfigSpace, _) => $"config+0x{site.Offset:x}",
        (_, not TraceSite.NoBar) => $"BAR{site.Bar}+0x{site.Offset:x}",
        (TraceSite.PortSpace, _) => $"port 0x{site.Address:x}",
        _ => $"0x{site.Address:x}",
    };
}
