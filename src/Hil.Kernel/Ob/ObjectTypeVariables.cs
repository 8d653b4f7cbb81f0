namespace Hil.Kernel;

// Drivers pass *IoFileObjectType and its kin to say what they expect behind a handle or pointer. The OBJECT_TYPE
// behind is opaque to them, so a variable points right behind itself. What stands there is the list of the type's
// objects, empty as it is on a Windows that does not track them: a driver linked to import the variable by value
// (mingw-w64) passes the list's first pointer, which is the type's address just the same.

public static unsafe partial class Ntoskrnl
{
    private const int ObjectTypeVariableBytes = sizeof(ulong) + ObjectTypeBytes;
    private const int ObjectTypeBytes = 16; // LIST_ENTRY

    private static readonly (ObjectType Type, string Variable)[] s_objectTypeVariables =
    [
        (ObjectType.File, nameof(IoFileObjectType)),
        (ObjectType.Device, nameof(IoDeviceObjectType)),
        (ObjectType.Driver, nameof(IoDriverObjectType)),
        (ObjectType.Event, nameof(ExEventObjectType)),
        (ObjectType.Semaphore, nameof(ExSemaphoreObjectType)),
        (ObjectType.Thread, nameof(PsThreadType)),
        (ObjectType.Process, nameof(PsProcessType)),
        (ObjectType.Token, nameof(SeTokenObjectType)),
        (ObjectType.Section, nameof(MmSectionObjectType)),
        (ObjectType.Key, nameof(CmKeyObjectType)),
    ];

    [ExportData("IoFileObjectType", ObjectTypeVariableBytes)]
    public static void IoFileObjectType(byte* storage) => PointBehind(storage);

    [ExportData("IoDeviceObjectType", ObjectTypeVariableBytes)]
    public static void IoDeviceObjectType(byte* storage) => PointBehind(storage);

    [ExportData("IoDriverObjectType", ObjectTypeVariableBytes)]
    public static void IoDriverObjectType(byte* storage) => PointBehind(storage);

    [ExportData("ExEventObjectType", ObjectTypeVariableBytes)]
    public static void ExEventObjectType(byte* storage) => PointBehind(storage);

    [ExportData("ExSemaphoreObjectType", ObjectTypeVariableBytes)]
    public static void ExSemaphoreObjectType(byte* storage) => PointBehind(storage);

    [ExportData("PsThreadType", ObjectTypeVariableBytes)]
    public static void PsThreadType(byte* storage) => PointBehind(storage);

    [ExportData("PsProcessType", ObjectTypeVariableBytes)]
    public static void PsProcessType(byte* storage) => PointBehind(storage);

    [ExportData("SeTokenObjectType", ObjectTypeVariableBytes)]
    public static void SeTokenObjectType(byte* storage) => PointBehind(storage);

    [ExportData("MmSectionObjectType", ObjectTypeVariableBytes)]
    public static void MmSectionObjectType(byte* storage) => PointBehind(storage);

    [ExportData("CmKeyObjectType", ObjectTypeVariableBytes)]
    public static void CmKeyObjectType(byte* storage) => PointBehind(storage);

    // Types that no object here is of: a driver that asks for them finds that its handle is none.

    [ExportData("ExDesktopObjectType", ObjectTypeVariableBytes)]
    public static void ExDesktopObjectType(byte* storage) => PointBehind(storage);

    [ExportData("ExWindowStationObjectType", ObjectTypeVariableBytes)]
    public static void ExWindowStationObjectType(byte* storage) => PointBehind(storage);

    [ExportData("IoAdapterObjectType", ObjectTypeVariableBytes)]
    public static void IoAdapterObjectType(byte* storage) => PointBehind(storage);

    [ExportData("IoDeviceHandlerObjectType", ObjectTypeVariableBytes)]
    public static void IoDeviceHandlerObjectType(byte* storage) => PointBehind(storage);

    [ExportData("LpcPortObjectType", ObjectTypeVariableBytes)]
    public static void LpcPortObjectType(byte* storage) => PointBehind(storage);

    [ExportData("PsJobType", ObjectTypeVariableBytes)]
    public static void PsJobType(byte* storage) => PointBehind(storage);

    [ExportData("TmEnlistmentObjectType", ObjectTypeVariableBytes)]
    public static void TmEnlistmentObjectType(byte* storage) => PointBehind(storage);

    [ExportData("TmResourceManagerObjectType", ObjectTypeVariableBytes)]
    public static void TmResourceManagerObjectType(byte* storage) => PointBehind(storage);

    [ExportData("TmTransactionManagerObjectType", ObjectTypeVariableBytes)]
    public static void TmTransactionManagerObjectType(byte* storage) => PointBehind(storage);

    [ExportData("TmTransactionObjectType", ObjectTypeVariableBytes)]
    public static void TmTransactionObjectType(byte* storage) => PointBehind(storage);

    /// <summary>The POBJECT_TYPE of each kind, by kind; 0 for kinds that no variable names.</summary>
    internal static ulong[] FindObjectTypes(DataExports data)
    {
        var addresses = new ulong[Enum.GetValues<ObjectType>().Length];
        foreach ((ObjectType type, string variable) in s_objectTypeVariables)
        {
            if (data.TryFind(variable, out ulong address))
                addresses[(int)type] = *(ulong*)address;
        }
        return addresses;
    }

    /// <summary>Makes an OBJECT_TYPE of zeroed memory.</summary>
    internal static void InitializeObjectType(void* type) => InitializeListHead((LIST_ENTRY*)type);

    private static void PointBehind(byte* storage)
    {
        byte* type = storage + sizeof(ulong);
        InitializeObjectType(type);
        *(byte**)storage = type;
    }
}
