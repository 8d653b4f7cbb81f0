using System.Collections.Frozen;

namespace Hil.Loader;

/// <summary>Names that ntoskrnl.exe and hal.dll export as variables: the import table does not say which names
/// are.</summary>
internal static class KernelVariables
{
    private static readonly FrozenSet<string> s_names = FrozenSet.Create(StringComparer.Ordinal,
        "CcFastMdlReadWait", "ExDesktopObjectType", "ExEventObjectType", "ExSemaphoreObjectType",
        "ExWindowStationObjectType",
        "FsRtlLegalAnsiCharacterArray", "HalDispatchTable", "HalPrivateDispatchTable", "InitSafeBootMode",
        "IoAdapterObjectType", "IoDeviceHandlerObjectSize", "IoDeviceHandlerObjectType", "IoDeviceObjectType",
        "IoDriverObjectType", "IoFileObjectType", "IoReadOperationCount", "IoReadTransferCount", "IoStatisticsLock",
        "IoWriteOperationCount", "IoWriteTransferCount", "KdComPortInUse", "KdDebuggerEnabled", "KdDebuggerNotPresent",
        "KeLoaderBlock", "KeNumberProcessors", "KeServiceDescriptorTable", "KeTickCount", "LpcPortObjectType",
        "MmBadPointer", "MmHighestUserAddress", "MmSectionObjectType", "MmSystemRangeStart", "MmUserProbeAddress",
        "NlsAnsiCodePage", "NlsLeadByteInfo", "NlsMbCodePageTag", "NlsMbOemCodePageTag", "NlsOemCodePage",
        "NlsOemLeadByteInfo", "NtBuildNumber", "NtGlobalFlag", "PsInitialSystemProcess", "PsJobType", "PsProcessType",
        "PsThreadType", "PsUILanguageComitted", "SeExports", "SeTokenObjectType");

    public static bool Contains(string name) => s_names.Contains(name);
}
