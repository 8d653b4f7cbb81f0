namespace Hil.Kernel;

// What drivers note at a file object or ask of it. Where Windows hangs it into an extension of the object, it is kept
// in the file's state on the host's side, and goes with the file.

public static unsafe partial class Ntoskrnl
{
    private const uint MappingTag = 0x4D_46_6F_49; // IoFM
    private const uint SfioTag = 0x53_46_6F_49; // IoFS

    /// <summary>Has IoCheckShareAccess and its kin let a file through, and not count it.</summary>
    /// <returns>STATUS_INVALID_PARAMETER for a file object that the I/O manager has not made.</returns>
    /// <remarks>WDK: IoSetFileObjectIgnoreSharing.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoSetFileObjectIgnoreSharing(FILE_OBJECT* fileObject)
    {
        if (StateOf(fileObject) is not { } file)
            return STATUS_INVALID_PARAMETER;
        file.IgnoresSharing = true;
        return STATUS_SUCCESS;
    }

    /// <summary>Whether IoSetFileObjectIgnoreSharing was called for a file.</summary>
    /// <remarks>WDK: IoIsFileObjectIgnoringSharing.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN IoIsFileObjectIgnoringSharing(FILE_OBJECT* fileObject) =>
        StateOf(fileObject)?.IgnoresSharing ?? false;

    /// <summary>Says whether a request to open a file came from another machine.</summary>
    /// <remarks>WDK: IoSetFileOrigin.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoSetFileOrigin(FILE_OBJECT* fileObject, BOOLEAN remote)
    {
        if (remote)
            fileObject->Flags |= FO_REMOTE_ORIGIN;
        else
            fileObject->Flags &= ~FO_REMOTE_ORIGIN;
        return STATUS_SUCCESS;
    }

    /// <summary>Whether IoSetFileOrigin said that a file is of another machine.</summary>
    /// <remarks>WDK: IoIsFileOriginRemote.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN IoIsFileOriginRemote(FILE_OBJECT* fileObject) =>
        (fileObject->Flags & FO_REMOTE_ORIGIN) != 0;

    /// <summary>The transaction that a file was opened in: none, there is no transaction manager.</summary>
    /// <remarks>WDK: IoGetTransactionParameterBlock.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void* IoGetTransactionParameterBlock(FILE_OBJECT* fileObject) => null;

    /// <summary>What the generic access rights mean for files; null when memory is exhausted.</summary>
    /// <remarks>WDK: IoGetFileObjectGenericMapping.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static uint* IoGetFileObjectGenericMapping()
    {
        const uint AllAccess = 0x1F01FF;
        const uint GenericExecute = 0x1200A0;
        NtKernel kernel = NtKernel.Current;
        if (kernel.Io.FileGenericMapping != null)
            return kernel.Io.FileGenericMapping;
        var mapping = (uint*)kernel.Pool.Allocate(4 * sizeof(uint), MappingTag); // GENERIC_MAPPING.
        if (mapping == null)
            return null;
        (mapping[0], mapping[1], mapping[2], mapping[3]) =
            (FILE_GENERIC_READ, FILE_GENERIC_WRITE, GenericExecute, AllAccess);
        return kernel.Io.FileGenericMapping = mapping;
    }

    /// <summary>Keeps memory of a driver's at a file, under a signature, until it is freed or the file is
    /// closed.</summary>
    /// <param name="streamIdentifier">Gets zeroed, nonpaged memory.</param>
    /// <returns>STATUS_DUPLICATE_OBJECTID if the signature has some; STATUS_INVALID_PARAMETER for a file object that
    /// the I/O manager has not made; STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: IoAllocateSfioStreamIdentifier.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoAllocateSfioStreamIdentifier(
        FILE_OBJECT* fileObject, uint length, void* signature, void** streamIdentifier)
    {
        *streamIdentifier = null;
        if (StateOf(fileObject) is not { } file)
            return STATUS_INVALID_PARAMETER;
        if (file.StreamIdentifiers.ContainsKey((ulong)signature))
            return STATUS_DUPLICATE_OBJECTID;
        void* made = NtKernel.Current.Pool.Allocate(Math.Max(length, 1), SfioTag, zero: true);
        if (made == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        file.StreamIdentifiers.Add((ulong)signature, (ulong)made);
        *streamIdentifier = made;
        return STATUS_SUCCESS;
    }

    /// <summary>What IoAllocateSfioStreamIdentifier gave for a signature, or null.</summary>
    /// <remarks>WDK: IoGetSfioStreamIdentifier.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* IoGetSfioStreamIdentifier(FILE_OBJECT* fileObject, void* signature) =>
        (void*)(StateOf(fileObject)?.StreamIdentifiers.GetValueOrDefault((ulong)signature) ?? 0);

    /// <summary>Frees what IoAllocateSfioStreamIdentifier gave for a signature.</summary>
    /// <returns>STATUS_NOT_FOUND.</returns>
    /// <remarks>WDK: IoFreeSfioStreamIdentifier.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoFreeSfioStreamIdentifier(FILE_OBJECT* fileObject, void* signature)
    {
        if (StateOf(fileObject) is not { } file || !file.StreamIdentifiers.Remove((ulong)signature, out ulong kept))
            return STATUS_NOT_FOUND;
        NtKernel.Current.Pool.Free((void*)kept);
        return STATUS_SUCCESS;
    }

    /// <summary>Frees what drivers have left at a file that is closed.</summary>
    internal static void FreeStreamIdentifiers(FileState file)
    {
        foreach (ulong kept in file.StreamIdentifiers.Values)
            NtKernel.Current.Pool.Free((void*)kept);
        file.StreamIdentifiers.Clear();
    }

    private static FileState? StateOf(FILE_OBJECT* fileObject) =>
        NtKernel.Current.Objects.Find(fileObject)?.Payload as FileState;
}
