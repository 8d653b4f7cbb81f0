namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint ProcessNameTag = 0x6E506553; // 'SePn'

    /// <summary>File name of a process's image, at most 15 characters in ANSI: "System".</summary>
    /// <returns>In the process object; no longer valid than that is referenced.</returns>
    /// <remarks>WDK: none; drivers declare it themselves.</remarks>
    [Export]
    public static byte* PsGetProcessImageFileName(void* process)
    {
        NtKernel.Current.Objects.Require(process);
        return NtKernel.Current.Process.ImageFileName;
    }

    /// <summary>Gives the full path of a process's image, in pool that the caller frees: an empty one for the system
    /// process, which was loaded from none.</summary>
    /// <param name="imageFileName">Gets a string that its characters follow.</param>
    /// <returns>STATUS_NO_MEMORY.</returns>
    /// <remarks>WDK: SeLocateProcessImageName.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS SeLocateProcessImageName(void* process, UNICODE_STRING** imageFileName)
    {
        NtKernel kernel = NtKernel.Current;
        kernel.Objects.Require(process);
        var name = (UNICODE_STRING*)ExAllocatePoolZero(
            POOL_TYPE.PagedPool, (nuint)sizeof(UNICODE_STRING), ProcessNameTag);
        *imageFileName = name;
        if (name == null)
            return STATUS_NO_MEMORY;
        name->Buffer = (char*)(name + 1);
        return STATUS_SUCCESS;
    }
}
