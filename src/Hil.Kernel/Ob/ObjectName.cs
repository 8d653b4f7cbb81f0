namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const string DosDevices = @"\??";
    private const string GlobalDosDevices = @"\GLOBAL??"; // Where the names below \?? are kept.

    /// <summary>The full name of an object: of a file its device's and its own, of a key its path in the
    /// registry.</summary>
    /// <param name="objectNameInfo">Gets the string and, behind it, its characters and a terminator; an empty string
    /// with a null buffer for an object without a name. May be null when <paramref name="length"/> is 0.</param>
    /// <param name="length">Size of the buffer in bytes.</param>
    /// <param name="returnLength">Gets the bytes that the answer takes, whatever the status.</param>
    /// <returns>STATUS_INFO_LENGTH_MISMATCH if the buffer is too small, STATUS_KEY_DELETED.</returns>
    /// <remarks>WDK: ObQueryNameString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ObQueryNameString(
        void* @object, OBJECT_NAME_INFORMATION* objectNameInfo, uint length, uint* returnLength)
    {
        const int InfoArgument = 1;
        KernelObject target = NtKernel.Current.Objects.Require(@object);
        if (target.Payload is RegistryKey { IsDeleted: true })
            return STATUS_KEY_DELETED;
        return WriteName(FullNameOf(target), objectNameInfo, length, InfoArgument, returnLength);
    }

    private static NTSTATUS WriteName(
        string name, OBJECT_NAME_INFORMATION* information, uint length, int argument, uint* returnLength)
    {
        int room = name.Length == 0 ? 0 : (name.Length + 1) * sizeof(char);
        uint needed = (uint)(sizeof(OBJECT_NAME_INFORMATION) + room);
        *returnLength = needed;
        if (information == null || length < needed)
            return STATUS_INFO_LENGTH_MISMATCH;
        PointerCheck.Argument((ulong)information, (int)needed, argument);
        information->Name = room == 0 ? default : CopyCharacters(name, (char*)(information + 1));
        return STATUS_SUCCESS;
    }

    /// <summary>The type of an object, as the exported POBJECT_TYPE variables name it.</summary>
    /// <remarks>WDK: none; ntifs.h declares it.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* ObGetObjectType(void* @object)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        return (void*)objects.AddressOf(objects.Require(@object).Type);
    }

    private static string FullNameOf(KernelObject target)
    {
        const int CharsMax = ushort.MaxValue / sizeof(char) - 1; // UNICODE_STRING counts bytes, terminator and all.
        string name = target.Payload switch
        {
            RegistryKey key => key.Path,
            FileState file => NameOf(file.Device) + DriverString.Read(&((FILE_OBJECT*)target.Address)->FileName),
            _ => target.Name ?? "",
        };
        if (name.StartsWith(DosDevices, StringComparison.Ordinal))
            name = GlobalDosDevices + name[DosDevices.Length..];
        return name.Length <= CharsMax ? name : name[..CharsMax];
    }

    private static string NameOf(DEVICE_OBJECT* device) => NtKernel.Current.Objects.Find(device)?.Name ?? "";
}
