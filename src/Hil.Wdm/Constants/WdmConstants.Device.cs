namespace Hil.Wdm;

// Constants of wdm.h for devices: types, control codes, access.
public static partial class WdmConstants
{
    // Device types.
    public const uint FILE_DEVICE_BEEP = 1;
    public const uint FILE_DEVICE_CD_ROM = 2;
    public const uint FILE_DEVICE_CD_ROM_FILE_SYSTEM = 3;
    public const uint FILE_DEVICE_CONTROLLER = 4;
    public const uint FILE_DEVICE_DATALINK = 5;
    public const uint FILE_DEVICE_DFS = 6;
    public const uint FILE_DEVICE_DISK = 7;
    public const uint FILE_DEVICE_DISK_FILE_SYSTEM = 8;
    public const uint FILE_DEVICE_FILE_SYSTEM = 9;
    public const uint FILE_DEVICE_INPORT_PORT = 0xA;
    public const uint FILE_DEVICE_KEYBOARD = 0xB;
    public const uint FILE_DEVICE_MAILSLOT = 0xC;
    public const uint FILE_DEVICE_MIDI_IN = 0xD;
    public const uint FILE_DEVICE_MIDI_OUT = 0xE;
    public const uint FILE_DEVICE_MOUSE = 0xF;
    public const uint FILE_DEVICE_MULTI_UNC_PROVIDER = 0x10;
    public const uint FILE_DEVICE_NAMED_PIPE = 0x11;
    public const uint FILE_DEVICE_NETWORK = 0x12;
    public const uint FILE_DEVICE_NETWORK_BROWSER = 0x13;
    public const uint FILE_DEVICE_NETWORK_FILE_SYSTEM = 0x14;
    public const uint FILE_DEVICE_NULL = 0x15;
    public const uint FILE_DEVICE_PARALLEL_PORT = 0x16;
    public const uint FILE_DEVICE_PHYSICAL_NETCARD = 0x17;
    public const uint FILE_DEVICE_PRINTER = 0x18;
    public const uint FILE_DEVICE_SCANNER = 0x19;
    public const uint FILE_DEVICE_SERIAL_MOUSE_PORT = 0x1A;
    public const uint FILE_DEVICE_SERIAL_PORT = 0x1B;
    public const uint FILE_DEVICE_SCREEN = 0x1C;
    public const uint FILE_DEVICE_SOUND = 0x1D;
    public const uint FILE_DEVICE_STREAMS = 0x1E;
    public const uint FILE_DEVICE_TAPE = 0x1F;
    public const uint FILE_DEVICE_TAPE_FILE_SYSTEM = 0x20;
    public const uint FILE_DEVICE_TRANSPORT = 0x21;
    public const uint FILE_DEVICE_UNKNOWN = 0x22;
    public const uint FILE_DEVICE_VIDEO = 0x23;
    public const uint FILE_DEVICE_VIRTUAL_DISK = 0x24;
    public const uint FILE_DEVICE_WAVE_IN = 0x25;
    public const uint FILE_DEVICE_WAVE_OUT = 0x26;
    public const uint FILE_DEVICE_8042_PORT = 0x27;
    public const uint FILE_DEVICE_NETWORK_REDIRECTOR = 0x28;
    public const uint FILE_DEVICE_BATTERY = 0x29;
    public const uint FILE_DEVICE_BUS_EXTENDER = 0x2A;
    public const uint FILE_DEVICE_MODEM = 0x2B;
    public const uint FILE_DEVICE_VDM = 0x2C;
    public const uint FILE_DEVICE_MASS_STORAGE = 0x2D;
    public const uint FILE_DEVICE_SMB = 0x2E;
    public const uint FILE_DEVICE_KS = 0x2F;
    public const uint FILE_DEVICE_CHANGER = 0x30;
    public const uint FILE_DEVICE_SMARTCARD = 0x31;
    public const uint FILE_DEVICE_ACPI = 0x32;
    public const uint FILE_DEVICE_DVD = 0x33;
    public const uint FILE_DEVICE_FULLSCREEN_VIDEO = 0x34;
    public const uint FILE_DEVICE_DFS_FILE_SYSTEM = 0x35;
    public const uint FILE_DEVICE_DFS_VOLUME = 0x36;
    public const uint FILE_DEVICE_SERENUM = 0x37;
    public const uint FILE_DEVICE_TERMSRV = 0x38;
    public const uint FILE_DEVICE_KSEC = 0x39;
    public const uint FILE_DEVICE_FIPS = 0x3A;
    public const uint FILE_DEVICE_INFINIBAND = 0x3B;
    public const uint FILE_DEVICE_VMBUS = 0x3E;
    public const uint FILE_DEVICE_CRYPT_PROVIDER = 0x3F;
    public const uint FILE_DEVICE_WPD = 0x40;
    public const uint FILE_DEVICE_BLUETOOTH = 0x41;
    public const uint FILE_DEVICE_MT_COMPOSITE = 0x42;
    public const uint FILE_DEVICE_MT_TRANSPORT = 0x43;
    public const uint FILE_DEVICE_BIOMETRIC = 0x44;
    public const uint FILE_DEVICE_PMI = 0x45;

    // How an I/O control code passes its buffers.
    public const uint METHOD_BUFFERED = 0;
    public const uint METHOD_IN_DIRECT = 1;
    public const uint METHOD_OUT_DIRECT = 2;
    public const uint METHOD_NEITHER = 3;

    // Access that an I/O control code asks for.
    public const uint FILE_ANY_ACCESS = 0;
    public const uint FILE_SPECIAL_ACCESS = 0;
    public const uint FILE_READ_ACCESS = 1;
    public const uint FILE_WRITE_ACCESS = 2;

    // Access masks.
    public const uint DELETE = 0x10000;
    public const uint READ_CONTROL = 0x20000;
    public const uint WRITE_DAC = 0x40000;
    public const uint WRITE_OWNER = 0x80000;
    public const uint SYNCHRONIZE = 0x100000;
    public const uint STANDARD_RIGHTS_REQUIRED = 0xF0000;
    public const uint STANDARD_RIGHTS_ALL = 0x1F0000;
    public const uint FILE_READ_DATA = 1;
    public const uint FILE_WRITE_DATA = 2;
    public const uint FILE_APPEND_DATA = 4;
    public const uint FILE_READ_ATTRIBUTES = 0x80;
    public const uint FILE_WRITE_ATTRIBUTES = 0x100;
    public const uint FILE_GENERIC_READ = 0x120089;
    public const uint FILE_GENERIC_WRITE = 0x120116;
    public const uint GENERIC_READ = 0x80000000;
    public const uint GENERIC_WRITE = 0x40000000;
    public const uint GENERIC_EXECUTE = 0x20000000;
    public const uint GENERIC_ALL = 0x10000000;
    public const uint MAXIMUM_ALLOWED = 0x2000000;
    public const uint FILE_SHARE_READ = 1;
    public const uint FILE_SHARE_WRITE = 2;
    public const uint FILE_SHARE_DELETE = 4;

    // Create dispositions and options.
    public const uint FILE_SUPERSEDE = 0;
    public const uint FILE_OPEN = 1;
    public const uint FILE_CREATE = 2;
    public const uint FILE_OPEN_IF = 3;
    public const uint FILE_OVERWRITE = 4;
    public const uint FILE_OVERWRITE_IF = 5;
    public const uint FILE_DIRECTORY_FILE = 1;
    public const uint FILE_WRITE_THROUGH = 2;
    public const uint FILE_SEQUENTIAL_ONLY = 4;
    public const uint FILE_NO_INTERMEDIATE_BUFFERING = 8;
    public const uint FILE_OPEN_REPARSE_POINT = 0x200000;
    public const uint FILE_SYNCHRONOUS_IO_ALERT = 0x10;
    public const uint FILE_SYNCHRONOUS_IO_NONALERT = 0x20;
    public const uint FILE_NON_DIRECTORY_FILE = 0x40;
    public const uint FILE_DELETE_ON_CLOSE = 0x1000;
    public const uint FILE_ATTRIBUTE_NORMAL = 0x80;

    // PNP_DEVICE_STATE.
    public const uint PNP_DEVICE_DISABLED = 1;
    public const uint PNP_DEVICE_DONT_DISPLAY_IN_UI = 2;
    public const uint PNP_DEVICE_FAILED = 4;
    public const uint PNP_DEVICE_REMOVED = 8;
    public const uint PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED = 0x10;
    public const uint PNP_DEVICE_NOT_DISABLEABLE = 0x20;

    // Options of PnP notification and of registry keys.
    public const uint PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES = 1;
    public const uint PLUGPLAY_REGKEY_DEVICE = 1;
    public const uint PLUGPLAY_REGKEY_DRIVER = 2;
    public const uint PLUGPLAY_REGKEY_CURRENT_HWPROFILE = 4;

    // IO_CONNECT_INTERRUPT_PARAMETERS.Version.
    public const uint CONNECT_FULLY_SPECIFIED = 1;
    public const uint CONNECT_LINE_BASED = 2;
    public const uint CONNECT_MESSAGE_BASED = 3;
    public const uint CONNECT_FULLY_SPECIFIED_GROUP = 4;
    public const uint CONNECT_CURRENT_VERSION = 4;

    // DEVICE_DESCRIPTION.Version.
    public const uint DEVICE_DESCRIPTION_VERSION = 0;
    public const uint DEVICE_DESCRIPTION_VERSION1 = 1;
    public const uint DEVICE_DESCRIPTION_VERSION2 = 2;
    public const uint DEVICE_DESCRIPTION_VERSION3 = 3;
}
