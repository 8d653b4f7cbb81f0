namespace Hil.Wdm;

// Constants of wdm.h for the registry.
public static partial class WdmConstants
{
    // Registry value types.
    public const uint REG_NONE = 0;
    public const uint REG_SZ = 1;
    public const uint REG_EXPAND_SZ = 2;
    public const uint REG_BINARY = 3;
    public const uint REG_DWORD = 4;
    public const uint REG_DWORD_BIG_ENDIAN = 5;
    public const uint REG_LINK = 6;
    public const uint REG_MULTI_SZ = 7;
    public const uint REG_QWORD = 11;

    // RTL_QUERY_REGISTRY_TABLE.Flags.
    public const uint RTL_QUERY_REGISTRY_SUBKEY = 1;
    public const uint RTL_QUERY_REGISTRY_TOPKEY = 2;
    public const uint RTL_QUERY_REGISTRY_REQUIRED = 4;
    public const uint RTL_QUERY_REGISTRY_NOVALUE = 8;
    public const uint RTL_QUERY_REGISTRY_NOEXPAND = 0x10;
    public const uint RTL_QUERY_REGISTRY_DIRECT = 0x20;
    public const uint RTL_QUERY_REGISTRY_DELETE = 0x40;
    public const uint RTL_QUERY_REGISTRY_TYPECHECK = 0x100;

    // Where RtlQueryRegistryValues starts.
    public const uint RTL_REGISTRY_ABSOLUTE = 0;
    public const uint RTL_REGISTRY_SERVICES = 1;
    public const uint RTL_REGISTRY_CONTROL = 2;
    public const uint RTL_REGISTRY_WINDOWS_NT = 3;
    public const uint RTL_REGISTRY_DEVICEMAP = 4;
    public const uint RTL_REGISTRY_USER = 5;
    public const uint RTL_REGISTRY_HANDLE = 0x40000000;
    public const uint RTL_REGISTRY_OPTIONAL = 0x80000000;

    // Access to keys.
    public const uint KEY_QUERY_VALUE = 1;
    public const uint KEY_SET_VALUE = 2;
    public const uint KEY_CREATE_SUB_KEY = 4;
    public const uint KEY_ENUMERATE_SUB_KEYS = 8;
    public const uint KEY_NOTIFY = 0x10;
    public const uint KEY_READ = 0x20019;
    public const uint KEY_WRITE = 0x20006;
    public const uint KEY_ALL_ACCESS = 0xF003F;
}
