namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Checks an open against those before it and, if wanted, counts it in.</summary>
    /// <returns>STATUS_SHARING_VIOLATION.</returns>
    /// <remarks>WDK: IoCheckShareAccess.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoCheckShareAccess(
        uint desiredAccess, uint desiredShareAccess, FILE_OBJECT* fileObject, SHARE_ACCESS* shareAccess, BOOLEAN update)
    {
        SetAccess(fileObject, desiredAccess);
        if (IoIsFileObjectIgnoringSharing(fileObject)
            || (!fileObject->ReadAccess && !fileObject->WriteAccess && !fileObject->DeleteAccess))
            return STATUS_SUCCESS;
        SetShare(fileObject, desiredShareAccess);
        uint open = shareAccess->OpenCount;
        if ((fileObject->ReadAccess && shareAccess->SharedRead < open)
            || (fileObject->WriteAccess && shareAccess->SharedWrite < open)
            || (fileObject->DeleteAccess && shareAccess->SharedDelete < open)
            || (shareAccess->Readers != 0 && !fileObject->SharedRead)
            || (shareAccess->Writers != 0 && !fileObject->SharedWrite)
            || (shareAccess->Deleters != 0 && !fileObject->SharedDelete))
            return STATUS_SHARING_VIOLATION;
        if (update)
            IoUpdateShareAccess(fileObject, shareAccess);
        return STATUS_SUCCESS;
    }

    /// <summary>Starts the counts with a first open.</summary>
    /// <remarks>WDK: IoSetShareAccess.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void IoSetShareAccess(
        uint desiredAccess, uint desiredShareAccess, FILE_OBJECT* fileObject, SHARE_ACCESS* shareAccess)
    {
        SetAccess(fileObject, desiredAccess);
        SetShare(fileObject, desiredShareAccess);
        *shareAccess = default;
        IoUpdateShareAccess(fileObject, shareAccess);
    }

    /// <summary>As IoCheckShareAccess, where an open without write permission cannot keep readers out.</summary>
    /// <param name="writePermission">Whether whoever opens the file may write to it; null for yes.</param>
    /// <returns>STATUS_SHARING_VIOLATION.</returns>
    /// <remarks>WDK: IoCheckShareAccessEx.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoCheckShareAccessEx(
        uint desiredAccess, uint desiredShareAccess, FILE_OBJECT* fileObject, SHARE_ACCESS* shareAccess, BOOLEAN update,
        BOOLEAN* writePermission) =>
        IoCheckShareAccess(
            desiredAccess, ShareOf(desiredShareAccess, writePermission), fileObject, shareAccess, update);

    /// <summary>As IoSetShareAccess, where an open without write permission cannot keep readers out.</summary>
    /// <inheritdoc cref="IoCheckShareAccessEx"/>
    /// <remarks>WDK: IoSetShareAccessEx.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void IoSetShareAccessEx(
        uint desiredAccess, uint desiredShareAccess, FILE_OBJECT* fileObject, SHARE_ACCESS* shareAccess,
        BOOLEAN* writePermission) =>
        IoSetShareAccess(desiredAccess, ShareOf(desiredShareAccess, writePermission), fileObject, shareAccess);

    /// <summary>Counts an open in.</summary>
    /// <remarks>WDK: IoUpdateShareAccess.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void IoUpdateShareAccess(FILE_OBJECT* fileObject, SHARE_ACCESS* shareAccess) =>
        CountShare(fileObject, shareAccess, 1);

    /// <summary>Counts an open out.</summary>
    /// <remarks>WDK: IoRemoveShareAccess.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void IoRemoveShareAccess(FILE_OBJECT* fileObject, SHARE_ACCESS* shareAccess) =>
        CountShare(fileObject, shareAccess, uint.MaxValue);

    private static uint ShareOf(uint share, BOOLEAN* writePermission) =>
        writePermission != null && !*writePermission ? share | FILE_SHARE_READ : share;

    private static void SetAccess(FILE_OBJECT* fileObject, uint access)
    {
        fileObject->ReadAccess = (access & FILE_READ_DATA) != 0;
        fileObject->WriteAccess = (access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
        fileObject->DeleteAccess = (access & DELETE) != 0;
    }

    private static void SetShare(FILE_OBJECT* fileObject, uint share)
    {
        fileObject->SharedRead = (share & FILE_SHARE_READ) != 0;
        fileObject->SharedWrite = (share & FILE_SHARE_WRITE) != 0;
        fileObject->SharedDelete = (share & FILE_SHARE_DELETE) != 0;
    }

    // An open for attributes only is not counted.
    private static void CountShare(FILE_OBJECT* file, SHARE_ACCESS* shareAccess, uint one)
    {
        if ((!file->ReadAccess && !file->WriteAccess && !file->DeleteAccess) || IoIsFileObjectIgnoringSharing(file))
            return;
        shareAccess->OpenCount += one;
        shareAccess->Readers += file->ReadAccess ? one : 0;
        shareAccess->Writers += file->WriteAccess ? one : 0;
        shareAccess->Deleters += file->DeleteAccess ? one : 0;
        shareAccess->SharedRead += file->SharedRead ? one : 0;
        shareAccess->SharedWrite += file->SharedWrite ? one : 0;
        shareAccess->SharedDelete += file->SharedDelete ? one : 0;
    }
}
