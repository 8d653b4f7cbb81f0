namespace Hil.Kernel;

// One processor that is its own core, package, NUMA node and group. It is QEMU's translator, which has no caches.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Group and number of the processor of an index.</summary>
    /// <returns>STATUS_INVALID_PARAMETER if there is none of that index.</returns>
    /// <remarks>WDK: KeGetProcessorNumberFromIndex.</remarks>
    [Export]
    public static NTSTATUS KeGetProcessorNumberFromIndex(uint procIndex, PROCESSOR_NUMBER* procNumber)
    {
        if (procIndex != 0)
            return STATUS_INVALID_PARAMETER;
        *procNumber = default;
        return STATUS_SUCCESS;
    }

    /// <summary>Mask of a group's active processors; 0 for a group that does not exist.</summary>
    /// <remarks>WDK: KeQueryGroupAffinity.</remarks>
    [Export]
    public static nuint KeQueryGroupAffinity(ushort groupNumber) => groupNumber == 0 ? OnlyProcessor : 0;

    /// <summary>Most processor groups that there can be.</summary>
    /// <remarks>WDK: KeQueryMaximumGroupCount.</remarks>
    [Export]
    public static ushort KeQueryMaximumGroupCount() => 1;

    /// <summary>Number of the highest NUMA node.</summary>
    /// <remarks>WDK: KeQueryHighestNodeNumber.</remarks>
    [Export]
    public static ushort KeQueryHighestNodeNumber() => 0;

    /// <summary>NUMA node of the current processor.</summary>
    /// <remarks>WDK: KeGetCurrentNodeNumber.</remarks>
    [Export]
    public static ushort KeGetCurrentNodeNumber() => 0;

    /// <summary>Active processors of a NUMA node; none for a node that does not exist.</summary>
    /// <param name="affinity">Gets group and mask; may be null.</param>
    /// <param name="count">Gets their number; may be null.</param>
    /// <remarks>WDK: KeQueryNodeActiveAffinity.</remarks>
    [Export]
    public static void KeQueryNodeActiveAffinity(ushort nodeNumber, GROUP_AFFINITY* affinity, ushort* count)
    {
        if (affinity != null)
            *affinity = new GROUP_AFFINITY { Mask = nodeNumber == 0 ? OnlyProcessor : 0 };
        if (count != null)
            *count = KeQueryNodeMaximumProcessorCount(nodeNumber);
    }

    /// <summary>Most processors that a NUMA node can have; 0 for a node that does not exist.</summary>
    /// <remarks>WDK: KeQueryNodeMaximumProcessorCount.</remarks>
    [Export]
    public static ushort KeQueryNodeMaximumProcessorCount(ushort nodeNumber) => (ushort)(nodeNumber == 0 ? 1 : 0);

    /// <summary>What logical processors have in common: cores, packages, NUMA nodes, groups.</summary>
    /// <param name="processorNumber">Only what this processor is part of; null for all.</param>
    /// <param name="length">Bytes of the buffer; gets the bytes that the answer takes, whatever the status.</param>
    /// <returns>STATUS_INFO_LENGTH_MISMATCH if the buffer is null or too small, STATUS_INVALID_PARAMETER for a
    /// processor or a relationship that does not exist.</returns>
    /// <remarks>WDK: KeQueryLogicalProcessorRelationship.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS KeQueryLogicalProcessorRelationship(
        PROCESSOR_NUMBER* processorNumber, LOGICAL_PROCESSOR_RELATIONSHIP relationshipType,
        SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX* information, uint* length)
    {
        const int InformationArgument = 2;
        bool isAll = relationshipType == LOGICAL_PROCESSOR_RELATIONSHIP.RelationAll;
        if ((processorNumber != null && KeGetProcessorIndexFromNumber(processorNumber) != 0)
            || ((uint)relationshipType > (uint)LOGICAL_PROCESSOR_RELATIONSHIP.RelationGroup && !isAll))
            return STATUS_INVALID_PARAMETER;
        uint needed = 0;
        for (var kind = LOGICAL_PROCESSOR_RELATIONSHIP.RelationProcessorCore;
            kind <= LOGICAL_PROCESSOR_RELATIONSHIP.RelationGroup; kind++)
            needed += isAll || kind == relationshipType ? SizeOf(kind) : 0;
        uint room = *length;
        *length = needed;
        if (room < needed || (information == null && needed != 0))
            return STATUS_INFO_LENGTH_MISMATCH;
        PointerCheck.Argument((ulong)information, (int)needed, InformationArgument);
        for (var kind = LOGICAL_PROCESSOR_RELATIONSHIP.RelationProcessorCore;
            kind <= LOGICAL_PROCESSOR_RELATIONSHIP.RelationGroup; kind++)
        {
            if (SizeOf(kind) == 0 || (!isAll && kind != relationshipType))
                continue;
            Describe(information, kind);
            information = (SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX*)((byte*)information + SizeOf(kind));
        }
        return STATUS_SUCCESS;
    }

    /// <summary>Registers a routine for processors that are added while the system runs. None is.</summary>
    /// <param name="flags">KE_PROCESSOR_CHANGE_ADD_EXISTING calls it for the processor that there is, before and after
    /// its start.</param>
    /// <returns>What KeDeregisterProcessorChangeCallback takes; null if the routine refused or memory is
    /// exhausted.</returns>
    /// <remarks>WDK: KeRegisterProcessorChangeCallback.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void* KeRegisterProcessorChangeCallback(
        DriverRoutine callbackFunction, void* callbackContext, uint flags)
    {
        const uint AddExisting = 1; // KE_PROCESSOR_CHANGE_ADD_EXISTING
        const uint Tag = 0x636F7250; // 'Proc'
        NtKernel kernel = NtKernel.Current;
        var change = (KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT*)kernel.Pool.Allocate(
            (nuint)sizeof(KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT) + sizeof(uint), Tag, zero: true);
        if (change == null)
            return null;
        if ((flags & AddExisting) != 0 && !NotifyExisting(change, callbackFunction, callbackContext))
        {
            kernel.Pool.Free(change);
            return null;
        }
        kernel.ProcessorCallbacks.Add((nint)change);
        return change;
    }

    /// <summary>Undoes KeRegisterProcessorChangeCallback.</summary>
    /// <remarks>WDK: KeDeregisterProcessorChangeCallback.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void KeDeregisterProcessorChangeCallback(void* callbackHandle)
    {
        NtKernel kernel = NtKernel.Current;
        if (kernel.ProcessorCallbacks.Remove((nint)callbackHandle))
            kernel.Pool.Free(callbackHandle);
        else
            kernel.Violation(
                $"KeDeregisterProcessorChangeCallback of 0x{(ulong)callbackHandle:x}, which is no registration");
    }

    /// <summary>Writes caches back and empties them, of which there are none; TRUE.</summary>
    /// <remarks>WDK: KeInvalidateAllCaches.</remarks>
    [Export]
    public static BOOLEAN KeInvalidateAllCaches() => true;

    /// <inheritdoc cref="KeInvalidateAllCaches"/>
    /// <remarks>WDK: KeInvalidateRangeAllCaches.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void KeInvalidateRangeAllCaches(void* baseAddress, uint length)
    {
    }

    // WDK: PROCESSOR_CALLBACK_FUNCTION. The status that the routine may set lies behind the context.
    private static bool NotifyExisting(
        KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT* change, DriverRoutine routine, void* context)
    {
        Processor processor = Processor.Current;
        var status = (NTSTATUS*)(change + 1);
        change->State = KE_PROCESSOR_CHANGE_NOTIFY_STATE.KeProcessorAddStartNotify;
        processor.Call(routine, context, change, status);
        bool isAllowed = status->IsSuccess;
        change->Status = *status;
        change->State = isAllowed
            ? KE_PROCESSOR_CHANGE_NOTIFY_STATE.KeProcessorAddCompleteNotify
            : KE_PROCESSOR_CHANGE_NOTIFY_STATE.KeProcessorAddFailureNotify;
        processor.Call(routine, context, change, status);
        return isAllowed;
    }

    private static uint SizeOf(LOGICAL_PROCESSOR_RELATIONSHIP kind)
    {
        const int Head = 2 * sizeof(uint); // Relationship and Size
        return kind switch
        {
            LOGICAL_PROCESSOR_RELATIONSHIP.RelationCache => 0,
            LOGICAL_PROCESSOR_RELATIONSHIP.RelationGroup => (uint)(Head + sizeof(GROUP_RELATIONSHIP)),
            LOGICAL_PROCESSOR_RELATIONSHIP.RelationNumaNode => (uint)(Head + sizeof(NUMA_NODE_RELATIONSHIP)),
            _ => (uint)(Head + sizeof(PROCESSOR_RELATIONSHIP)),
        };
    }

    private static void Describe(
        SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX* information, LOGICAL_PROCESSOR_RELATIONSHIP kind)
    {
        new Span<byte>(information, (int)SizeOf(kind)).Clear();
        information->Relationship = kind;
        information->Size = SizeOf(kind);
        switch (kind)
        {
            case LOGICAL_PROCESSOR_RELATIONSHIP.RelationGroup:
                information->Group.MaximumGroupCount = information->Group.ActiveGroupCount = 1;
                information->Group.GroupInfo.MaximumProcessorCount = 1;
                information->Group.GroupInfo.ActiveProcessorCount = 1;
                information->Group.GroupInfo.ActiveProcessorMask = OnlyProcessor;
                break;
            case LOGICAL_PROCESSOR_RELATIONSHIP.RelationNumaNode:
                information->NumaNode.GroupCount = 1;
                information->NumaNode.GroupMask.Mask = OnlyProcessor;
                break;
            default:
                information->Processor.GroupCount = 1;
                information->Processor.GroupMask.Mask = OnlyProcessor;
                break;
        }
    }
}
