using System.Text;

namespace Hil.Kernel;

// What nobody counts is 0: transfers, paging, switches of threads, DPCs and interrupts by processor, exceptions. The
// sizes are those of winternl.h, which calls most of the fields reserved.

public static unsafe partial class Ntoskrnl
{
    private const uint SystemBasicInformation = 0;
    private const uint SystemPerformanceInformation = 2;
    private const uint SystemTimeOfDayInformation = 3;
    private const uint SystemProcessorPerformanceInformation = 8;
    private const uint SystemModuleInformation = 11;
    private const uint SystemInterruptInformation = 23;
    private const uint SystemExceptionInformation = 33;
    private const uint SystemKernelDebuggerInformation = 35;

    private const int ModuleListHeadBytes = 8;
    private const uint AllocationGranularity = 0x10000;

    /// <summary>Tells about the system.</summary>
    /// <param name="systemInformationClass">SystemBasicInformation, SystemPerformanceInformation,
    /// SystemTimeOfDayInformation, SystemProcessorPerformanceInformation, SystemModuleInformation,
    /// SystemInterruptInformation, SystemExceptionInformation or SystemKernelDebuggerInformation.</param>
    /// <param name="returnLength">Gets the bytes that the answer takes; may be null.</param>
    /// <returns>STATUS_INFO_LENGTH_MISMATCH for a buffer that is too small, or not of the size of the answer where that
    /// is always the same; STATUS_INVALID_INFO_CLASS.</returns>
    /// <remarks>WDK: ZwQuerySystemInformation.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwQuerySystemInformation(
        uint systemInformationClass, void* systemInformation, uint systemInformationLength, uint* returnLength)
    {
        uint bytes = AnswerBytes(systemInformationClass);
        if (bytes == 0)
            return STATUS_INVALID_INFO_CLASS;
        uint written = systemInformationClass == SystemTimeOfDayInformation
            ? Math.Min(bytes, systemInformationLength) // Older callers know less of it.
            : bytes;
        if (returnLength != null)
            *returnLength = written;
        bool fits = systemInformationClass is SystemBasicInformation or SystemTimeOfDayInformation
            ? systemInformationLength == written
            : systemInformationLength >= written;
        if (!fits)
            return STATUS_INFO_LENGTH_MISMATCH;
        DriverMemory.RequireWritable(systemInformation, written, nameof(ZwQuerySystemInformation));
        var answer = new Span<byte>(systemInformation, (int)written);
        answer.Clear();
        switch (systemInformationClass)
        {
            case SystemBasicInformation:
                return Answer(DescribeSystem(), answer);
            case SystemPerformanceInformation:
                return Answer(DescribePerformance(), answer);
            case SystemTimeOfDayInformation:
                return Answer(DescribeTime(), answer);
            case SystemProcessorPerformanceInformation:
                return Answer(DescribeProcessorTimes(), answer);
            case SystemModuleInformation:
                DescribeModules((byte*)systemInformation);
                return STATUS_SUCCESS;
            case SystemInterruptInformation:
                return Answer(new SYSTEM_INTERRUPT_INFORMATION { TimeIncrement = TimeIncrement }, answer);
            case SystemKernelDebuggerInformation:
                answer[1] = 1; // KernelDebuggerNotPresent, behind KernelDebuggerEnabled.
                return STATUS_SUCCESS;
            default:
                return STATUS_SUCCESS;
        }
    }

    private static uint AnswerBytes(uint systemInformationClass) => (uint)(systemInformationClass switch
    {
        SystemBasicInformation => sizeof(SYSTEM_BASIC_INFORMATION),
        SystemPerformanceInformation => sizeof(SYSTEM_PERFORMANCE_INFORMATION),
        SystemTimeOfDayInformation => sizeof(SYSTEM_TIMEOFDAY_INFORMATION),
        SystemProcessorPerformanceInformation => sizeof(SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION),
        SystemModuleInformation => ModuleListHeadBytes
            + NtKernel.Current.Modules.All.Count * sizeof(RTL_PROCESS_MODULE_INFORMATION),
        SystemInterruptInformation => sizeof(SYSTEM_INTERRUPT_INFORMATION),
        SystemExceptionInformation => sizeof(SYSTEM_EXCEPTION_INFORMATION),
        SystemKernelDebuggerInformation => 2 * sizeof(byte),
        _ => 0,
    });

    private static NTSTATUS Answer<T>(T information, Span<byte> answer)
        where T : unmanaged
    {
        new Span<byte>(&information, answer.Length).CopyTo(answer);
        return STATUS_SUCCESS;
    }

    private static SYSTEM_BASIC_INFORMATION DescribeSystem()
    {
        IGuestMemory memory = NtKernel.Current.Services.Memory;
        var first = (uint)(memory.PhysicalOf(memory.Base) / PAGE_SIZE);
        var pages = (uint)(memory.Bytes / PAGE_SIZE);
        return new SYSTEM_BASIC_INFORMATION
        {
            TimerResolution = TimeIncrement,
            PageSize = PAGE_SIZE,
            NumberOfPhysicalPages = pages,
            LowestPhysicalPageNumber = first,
            HighestPhysicalPageNumber = first + pages - 1,
            AllocationGranularity = AllocationGranularity,
            MinimumUserModeAddress = (nuint)memory.UserBase,
            MaximumUserModeAddress = (nuint)(memory.KernelBase - 1),
            ActiveProcessorsAffinityMask = OnlyProcessor,
            NumberOfProcessors = 1,
        };
    }

    // There is no paging file: what is committed is taken, and all there is may be.
    private static SYSTEM_PERFORMANCE_INFORMATION DescribePerformance()
    {
        NtKernel kernel = NtKernel.Current;
        var free = (uint)kernel.Pages.FreePages;
        var all = (uint)kernel.Pages.TotalPages;
        return new SYSTEM_PERFORMANCE_INFORMATION
        {
            IdleProcessTime = kernel.Scheduler.ProcessorTimes().Idle,
            AvailablePages = free,
            CommittedPages = all - free,
            CommitLimit = all,
        };
    }

    private static SYSTEM_TIMEOFDAY_INFORMATION DescribeTime() => new()
    {
        BootTime = NtKernel.Current.Process.CreateTime,
        CurrentTime = LookAtClock().SystemTime,
    };

    private static SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION DescribeProcessorTimes()
    {
        (long idle, long all) = NtKernel.Current.Scheduler.ProcessorTimes();
        return new SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION { IdleTime = idle, KernelTime = all };
    }

    // RTL_PROCESS_MODULES; the kernel is the first.
    private static void DescribeModules(byte* list)
    {
        IReadOnlyList<LoadedModule> modules = NtKernel.Current.Modules.All;
        var entry = (RTL_PROCESS_MODULE_INFORMATION*)(list + ModuleListHeadBytes);
        *(uint*)list = (uint)modules.Count;
        ushort index = 0;
        foreach (LoadedModule module in modules)
        {
            string folder = module.IsKernel ? @"\SystemRoot\system32\" : SystemProcess.DriverFolder;
            entry->ImageBase = (void*)module.Base;
            entry->ImageSize = (uint)module.Bytes;
            entry->LoadOrderIndex = entry->InitOrderIndex = index++;
            entry->LoadCount = 1;
            entry->OffsetToFileName = (ushort)folder.Length;
            Encoding.ASCII.TryGetBytes(
                folder + module.Name,
                new Span<byte>(entry->FullPathName, RTL_PROCESS_MODULE_INFORMATION.FullPathNameBytes - 1), out _);
            entry++;
        }
    }
}
