namespace Hil.Kernel;

/// <summary>The one process there is: the system's. Drivers' threads and handles belong to it.</summary>
public sealed unsafe class SystemProcess
{
    /// <summary>Where Windows has the images of drivers.</summary>
    internal const string DriverFolder = @"\SystemRoot\System32\drivers\";

    private const int BlockBytes = 0x800; // Opaque to drivers but for its dispatcher header.
    private const int ImageFileNameOffset = 0x5A8; // As in Windows 10, for those who look there themselves.
    private const uint Tag = 0x636F7250; // 'Proc'

    private readonly NtKernel _kernel;
    private long? _createTime; // Asked for seldom: each look at the clock is a record of a trace.

    internal SystemProcess(NtKernel kernel)
    {
        _kernel = kernel;
        Block = kernel.Pool.Allocate(BlockBytes, Tag, zero: true);
        Invariant.Holds(Block != null, "a new machine has room for its process");
        Ntoskrnl.InitializeHeader((DISPATCHER_HEADER*)Block, KOBJECTS.ProcessObject, BlockBytes, 0);
        "System\0"u8.CopyTo(new Span<byte>(ImageFileName, BlockBytes - ImageFileNameOffset));
        kernel.Objects.Add(ObjectType.Process, Block);
        if (kernel.Data.TryFind("PsInitialSystemProcess", out ulong variable))
            *(void**)variable = Block;
    }

    /// <summary>What drivers see as PEPROCESS.</summary>
    public void* Block { get; }

    /// <summary>File name of the image, in ANSI.</summary>
    internal byte* ImageFileName => (byte*)Block + ImageFileNameOffset;

    /// <summary>Routines of PsSetCreateProcessNotifyRoutine.</summary>
    internal List<DriverRoutine> ProcessRoutines { get; } = [];

    /// <summary>Routines of PsSetCreateProcessNotifyRoutineEx.</summary>
    internal List<DriverRoutine> ProcessRoutinesEx { get; } = [];

    /// <summary>Routines of PsSetCreateThreadNotifyRoutine.</summary>
    internal List<DriverRoutine> ThreadRoutines { get; } = [];

    /// <summary>Routines of PsSetCreateThreadNotifyRoutineEx for threads of users, which are never called.</summary>
    internal List<DriverRoutine> UserThreadRoutines { get; } = [];

    /// <summary>Routines of PsSetLoadImageNotifyRoutine.</summary>
    internal List<DriverRoutine> ImageRoutines { get; } = [];

    /// <summary>System time at which the process began, which is when the machine was switched on.</summary>
    internal long CreateTime => _createTime ??= _kernel.Clock.SystemTime - _kernel.Clock.InterruptTime;

    /// <summary>Calls the routines for a driver image that is mapped and about to run.</summary>
    /// <remarks>WDK: PLOAD_IMAGE_NOTIFY_ROUTINE. Process id 0 stands for a driver.</remarks>
    public void NotifyImage(LoadedModule module)
    {
        const uint SystemImage32BitAddressing = 0x103; // SystemModeImage, IMAGE_ADDRESSING_MODE_32BIT
        if (ImageRoutines.Count == 0)
            return;
        string path = DriverFolder + module.Name;
        int bytes = sizeof(IMAGE_INFO) + sizeof(UNICODE_STRING) + path.Length * sizeof(char);
        var information = (IMAGE_INFO*)_kernel.Pool.Allocate((nuint)bytes, Tag, zero: true);
        if (information == null)
            return;
        information->Properties = SystemImage32BitAddressing;
        information->ImageBase = (void*)module.Base;
        information->ImageSize = (nuint)module.Bytes;
        var name = (UNICODE_STRING*)(information + 1);
        name->Buffer = (char*)(name + 1);
        name->Length = name->MaximumLength = (ushort)(path.Length * sizeof(char));
        path.CopyTo(new Span<char>(name->Buffer, path.Length));
        foreach (DriverRoutine routine in ImageRoutines.ToArray())
            _kernel.Processor.Call(routine, name, null, information);
        _kernel.Pool.Free(information);
    }
}
