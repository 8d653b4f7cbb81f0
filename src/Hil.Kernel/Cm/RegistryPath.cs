namespace Hil.Kernel;

// WDK: RtlQueryRegistryValues, RelativeTo. Where the Rtl functions start: a handle, a full path or one of six
// well-known keys.
public static unsafe partial class Ntoskrnl
{
    /// <summary>Finds, or with <paramref name="create"/> makes, the key that RelativeTo and Path name.</summary>
    private static NTSTATUS FindRelative(uint relativeTo, char* path, bool create, out RegistryKey? key)
    {
        if ((relativeTo & RTL_REGISTRY_HANDLE) != 0)
        {
            NTSTATUS status = KeyHandle.Find(path, out RegistryKey found);
            key = found;
            return status;
        }
        key = null;
        string? start = StartOf(relativeTo & ~RTL_REGISTRY_OPTIONAL);
        if (start == null)
            return STATUS_INVALID_PARAMETER;
        string full = Join(start, path == null ? "" : ReadText(path, "Path"));
        Registry registry = NtKernel.Current.Registry;
        if (!Registry.TryMakeRelative(full, out _))
            return STATUS_OBJECT_NAME_NOT_FOUND;
        key = create ? registry.Create(full) : registry.Find(full);
        return key == null ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
    }

    private static string? StartOf(uint relativeTo) => relativeTo switch
    {
        RTL_REGISTRY_ABSOLUTE => "",
        RTL_REGISTRY_SERVICES => Registry.ServicesPath,
        RTL_REGISTRY_CONTROL => @"\Registry\Machine\System\CurrentControlSet\Control",
        RTL_REGISTRY_WINDOWS_NT => @"\Registry\Machine\Software\Microsoft\Windows NT\CurrentVersion",
        RTL_REGISTRY_DEVICEMAP => @"\Registry\Machine\Hardware\DeviceMap",
        RTL_REGISTRY_USER => @"\Registry\User\.Default",
        _ => null,
    };

    private static string Join(string start, string path) =>
        start.Length == 0 || path.Length == 0 || path.StartsWith('\\') ? start + path : $@"{start}\{path}";

    /// <summary>Reads a terminated string of a driver, page by page: the terminator may be the last thing that is
    /// mapped.</summary>
    private static string ReadText(char* text, string what)
    {
        const int CharsMax = 32767; // UNICODE_STRING's limit.
        int length = 0;
        do
        {
            if (length == 0 || ((ulong)(text + length) & (PAGE_SIZE - 1)) <= 1)
                PointerCheck.Follow<char>(text + length, what);
        }
        while (text[length] != '\0' && ++length < CharsMax);
        return new string(text, 0, length);
    }
}
