namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint ObjectBasicInformation = 0;
    private const uint ObjectNameInformation = 1;
    private const uint ObjectTypeInformation = 2;

    /// <summary>Tells what a handle names: how often it is held, its name, its type.</summary>
    /// <param name="objectInformationClass">ObjectBasicInformation, ObjectNameInformation,
    /// ObjectTypeInformation.</param>
    /// <param name="returnLength">Gets the bytes that the answer takes; may be null.</param>
    /// <returns>STATUS_INFO_LENGTH_MISMATCH if the buffer is too small, or of another size than basic information;
    /// STATUS_INVALID_INFO_CLASS, STATUS_INVALID_HANDLE.</returns>
    /// <remarks>WDK: ZwQueryObject. Fields that are called reserved there are zero.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwQueryObject(
        void* handle, uint objectInformationClass, void* objectInformation, uint objectInformationLength,
        uint* returnLength)
    {
        if (objectInformationClass > ObjectTypeInformation)
            return STATUS_INVALID_INFO_CLASS;
        ObjectTable objects = NtKernel.Current.Objects;
        KernelObject? target = objects.Handles.Find((ulong)handle);
        if (target == null)
            return STATUS_INVALID_HANDLE;
        uint needed = 0;
        NTSTATUS status = objectInformationClass switch
        {
            ObjectBasicInformation => TellBasics(
                target, objects.Handles.AccessOf((ulong)handle), objectInformation, objectInformationLength, &needed),
            ObjectNameInformation => TellName(target, objectInformation, objectInformationLength, &needed),
            _ => TellType(target, objectInformation, objectInformationLength, &needed),
        };
        if (returnLength != null)
            *returnLength = needed;
        return status;
    }

    private static NTSTATUS TellBasics(KernelObject target, uint access, void* buffer, uint length, uint* needed)
    {
        *needed = (uint)sizeof(PUBLIC_OBJECT_BASIC_INFORMATION);
        if (length != *needed)
            return STATUS_INFO_LENGTH_MISMATCH;
        DriverMemory.RequireWritable(buffer, length, nameof(ZwQueryObject));
        *(PUBLIC_OBJECT_BASIC_INFORMATION*)buffer = new PUBLIC_OBJECT_BASIC_INFORMATION
        {
            Attributes = target.IsPermanent ? OBJ_PERMANENT : 0,
            GrantedAccess = access,
            HandleCount = (uint)target.Handles,
            PointerCount = (uint)target.References,
        };
        return STATUS_SUCCESS;
    }

    private static NTSTATUS TellName(KernelObject target, void* buffer, uint length, uint* needed)
    {
        const int BufferArgument = 2;
        if (target.Payload is RegistryKey { IsDeleted: true })
            return STATUS_KEY_DELETED;
        return WriteName(FullNameOf(target), (OBJECT_NAME_INFORMATION*)buffer, length, BufferArgument, needed);
    }

    private static NTSTATUS TellType(KernelObject target, void* buffer, uint length, uint* needed)
    {
        string name = NameOfType(target.Type);
        int bytes = name.Length * sizeof(char);
        *needed = (uint)(sizeof(PUBLIC_OBJECT_TYPE_INFORMATION) + bytes + sizeof(char));
        if (length < *needed)
            return STATUS_INFO_LENGTH_MISMATCH;
        DriverMemory.RequireWritable(buffer, *needed, nameof(ZwQueryObject));
        var information = (PUBLIC_OBJECT_TYPE_INFORMATION*)buffer;
        *information = default;
        information->TypeName = CopyCharacters(name, (char*)(information + 1));
        return STATUS_SUCCESS;
    }

    /// <summary>Writes characters and a terminator, and a string that names them.</summary>
    private static UNICODE_STRING CopyCharacters(string text, char* characters)
    {
        int bytes = text.Length * sizeof(char);
        text.CopyTo(new Span<char>(characters, text.Length));
        characters[text.Length] = '\0';
        return new UNICODE_STRING
        {
            Length = (ushort)bytes, MaximumLength = (ushort)(bytes + sizeof(char)), Buffer = characters,
        };
    }

    // What Windows calls the types of objects.
    private static string NameOfType(ObjectType type) => type == ObjectType.DataBlock ? "WmiGuid" : type.ToString();
}
