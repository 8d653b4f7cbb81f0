namespace Hil.Kernel;

public sealed partial class IoSystem
{
    /// <summary>Memory that drivers and devices reach where it is, for buffers that are not to be copied.</summary>
    public WindowMemoryPool WindowMemory { get; }

    /// <summary>Opens a device and waits until its driver has agreed.</summary>
    /// <param name="path">\Device\Name, \\.\Link, \\?\interface path or \??\Link; what follows is the file's
    /// name.</param>
    /// <param name="opening">Null for reading and writing, shared, asynchronous.</param>
    /// <exception cref="NtStatusException">There is no such device, or its driver refused.</exception>
    public HilFile Open(string path, FileOpening? opening = null)
    {
        HilFile? file = null;
        NTSTATUS status = default;
        opening ??= new FileOpening();
        OutsideRequest? what = null;
        _kernel.Scheduler.Run(
            () => status = TryOpen(path, opening, what, out file), () => what = DescribeOpen(path, opening));
        return status.IsSuccess ? file! : throw new NtStatusException(status, $"opening {path}");
    }

    /// <inheritdoc cref="Open"/>
    public async Task<HilFile> OpenAsync(string path, FileOpening? opening = null)
    {
        opening ??= new FileOpening();
        OutsideRequest? what = null;
        (NTSTATUS status, HilFile? file) = await _kernel.Scheduler.RunAsync(
            () => (TryOpen(path, opening, what, out HilFile? opened), opened),
            () => what = DescribeOpen(path, opening)).ConfigureAwait(false);
        return status.IsSuccess ? file! : throw new NtStatusException(status, $"opening {path}");
    }

    /// <summary>As Open, on a kernel thread, with the status as the result.</summary>
    public NTSTATUS TryOpen(string path, FileOpening opening, out HilFile? file)
    {
        file = null;
        using var call = new SystemCall(_kernel, KPROCESSOR_MODE.UserMode, nameof(Ntoskrnl.NtCreateFile));
        NTSTATUS status = CreateFileCore(NativePath(path), opening, out KernelObject? created);
        if (!status.IsSuccess)
            return status;
        ulong handle = _kernel.Objects.Handles.Open(created!, opening.Access);
        _kernel.Objects.Dereference(created!);
        file = new HilFile(_kernel, created!, handle, path, ++_filesOpened);
        return status;
    }

    /// <inheritdoc cref="TryOpen(string, FileOpening, out HilFile?)"/>
    /// <param name="description">The request, if it is written down.</param>
    public NTSTATUS TryOpen(string path, FileOpening opening, OutsideRequest? description, out HilFile? file)
    {
        NTSTATUS status = TryOpen(path, opening, out file);
        NoteEnd(description, status, (ulong)(file?.Number ?? 0));
        return status;
    }

    /// <summary>Cancels what is still pending for a file.</summary>
    internal void CancelRequests(KernelObject file)
    {
        AsyncRequest[] open;
        lock (_requestsLock)
            open = [.. _requests.Where(request => request.File == file)];
        foreach (AsyncRequest request in open)
            request.Cancel();
    }

    // Win32 names become names of the object namespace as CreateFile makes them.
    private static string NativePath(string path) =>
        path.StartsWith(@"\\.\", StringComparison.Ordinal) || path.StartsWith(@"\\?\", StringComparison.Ordinal)
            ? @"\??\" + path[4..]
            : path;
}
