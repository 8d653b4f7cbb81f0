namespace Hil.Kernel;

// Drivers pass *IoFileObjectType and its kin to say what they expect behind a handle or pointer. The OBJECT_TYPE
// behind is opaque to them, so a variable points right behind itself, at a word that only makes its address unique.

public static unsafe partial class Ntoskrnl
{
    private const int ObjectTypeVariableBytes = 16;

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

    private static void PointBehind(byte* storage) => *(ulong*)storage = (ulong)(storage + sizeof(ulong));
}
