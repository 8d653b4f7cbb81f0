namespace Hil.Trace;

/// <summary>Names of registers: BAR0+0x20, config+0x4, port 0x1f0.</summary>
public static class RegisterName
{
    private const ulong PortSpace = 1;
    private const ulong ConfigSpace = 2;
    private const ulong NoBar = 0xFF;

    public static string Of(in TraceSite site) => (site.Space, site.Bar) switch
    {
        (ConfigSpace, _) => $"config+0x{site.Offset:x}",
        (_, not NoBar) => $"BAR{site.Bar}+0x{site.Offset:x}",
        (PortSpace, _) => $"port 0x{site.Address:x}",
        _ => $"0x{site.Address:x}",
    };
}
