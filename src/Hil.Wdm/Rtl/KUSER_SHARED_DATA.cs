using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>The page that user and kernel mode share, as Windows 10 19041 lays it out.</summary>
/// <remarks>Times are in 100 ns units.</remarks>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct KUSER_SHARED_DATA
{
    [FieldOffset(0)] public uint TickCountLowDeprecated;
    [FieldOffset(4)] public uint TickCountMultiplier;
    [FieldOffset(8)] public KSYSTEM_TIME InterruptTime;
    [FieldOffset(20)] public KSYSTEM_TIME SystemTime;
    [FieldOffset(32)] public KSYSTEM_TIME TimeZoneBias;
    [FieldOffset(44)] public ushort ImageNumberLow;
    [FieldOffset(46)] public ushort ImageNumberHigh;
    [FieldOffset(48)] public fixed char NtSystemRoot[260];
    [FieldOffset(568)] public uint MaxStackTraceDepth;
    [FieldOffset(572)] public uint CryptoExponent;
    [FieldOffset(576)] public uint TimeZoneId;
    [FieldOffset(580)] public uint LargePageMinimum;
    [FieldOffset(584)] public fixed uint Reserved2[7];
    [FieldOffset(584)] public uint AitSamplingValue;
    [FieldOffset(588)] public uint AppCompatFlag;
    [FieldOffset(592)] public ulong RNGSeedVersion;
    [FieldOffset(600)] public uint GlobalValidationRunlevel;
    [FieldOffset(604)] public uint TimeZoneBiasStamp;
    [FieldOffset(608)] public uint NtBuildNumber;
    [FieldOffset(612)] public NT_PRODUCT_TYPE NtProductType;
    [FieldOffset(616)] public BOOLEAN ProductTypeIsValid;
    [FieldOffset(617)] public BOOLEAN Reserved0;
    [FieldOffset(618)] public ushort NativeProcessorArchitecture;
    [FieldOffset(620)] public uint NtMajorVersion;
    [FieldOffset(624)] public uint NtMinorVersion;
    [FieldOffset(628)] public fixed byte ProcessorFeatures[64];
    [FieldOffset(692)] public uint Reserved1;
    [FieldOffset(696)] public uint Reserved3;
    [FieldOffset(700)] public uint TimeSlip;
    [FieldOffset(704)] public ALTERNATIVE_ARCHITECTURE_TYPE AlternativeArchitecture;
    [FieldOffset(708)] public uint AltArchitecturePad;
    [FieldOffset(708)] public uint BootId;
    [FieldOffset(712)] public LARGE_INTEGER SystemExpirationDate;
    [FieldOffset(720)] public uint SuiteMask;
    [FieldOffset(724)] public BOOLEAN KdDebuggerEnabled;
    [FieldOffset(725)] public byte NXSupportPolicy;
    [FieldOffset(725)] public byte MitigationPolicies;
    [FieldOffset(726)] public ushort CyclesPerYield;
    [FieldOffset(728)] public uint ActiveConsoleId;
    [FieldOffset(732)] public uint DismountCount;
    [FieldOffset(736)] public uint ComPlusPackage;
    [FieldOffset(740)] public uint LastSystemRITEventTickCount;
    [FieldOffset(744)] public uint NumberOfPhysicalPages;
    [FieldOffset(748)] public BOOLEAN SafeBootMode;
    [FieldOffset(749)] public byte TscQpcData;
    [FieldOffset(749)] public byte VirtualizationFlags;
    [FieldOffset(750)] public ushort TscQpcPad;
    [FieldOffset(750)] public ushort Reserved12;
    [FieldOffset(752)] public uint SharedDataFlags;
    [FieldOffset(756)] public uint DataFlagsPad;
    [FieldOffset(760)] public ulong TestRetInstruction;
    [FieldOffset(768)] public ulong QpcFrequency;
    [FieldOffset(772)] public uint SystemCallReturn;
    [FieldOffset(776)] public uint SystemCall;
    [FieldOffset(780)] public UserCetEnvironments UserCetAvailableEnvironments;
    [FieldOffset(784)] public fixed ulong SystemCallPad[2];
    [FieldOffset(800)] public KSYSTEM_TIME TickCount;
    [FieldOffset(800)] public ulong TickCountQuad;
    [FieldOffset(800)] public fixed uint ReservedTickCountOverlay[3];
    [FieldOffset(812)] public uint TickCountPad;
    [FieldOffset(816)] public uint Cookie;
    [FieldOffset(820)] public uint CookiePad;
    [FieldOffset(824)] public ulong ConsoleSessionForegroundProcessId;
    [FieldOffset(832)] public fixed uint Wow64SharedInformation[16];
    [FieldOffset(832)] public ulong TimeUpdateLock;
    [FieldOffset(840)] public ulong BaselineSystemTimeQpc;
    [FieldOffset(848)] public ulong BaselineInterruptTimeQpc;
    [FieldOffset(856)] public ulong QpcSystemTimeIncrement;
    [FieldOffset(864)] public ulong QpcInterruptTimeIncrement;
    [FieldOffset(872)] public byte QpcSystemTimeIncrementShift;
    [FieldOffset(873)] public byte QpcInterruptTimeIncrementShift;
    [FieldOffset(874)] public ushort UnparkedProcessorCount;
    [FieldOffset(876)] public fixed uint EnclaveFeatureMask[4];
    [FieldOffset(892)] public uint TelemetryCoverageRound;
    [FieldOffset(896)] public fixed ushort UserModeGlobalLogger[16];
    [FieldOffset(928)] public uint ImageFileExecutionOptions;
    [FieldOffset(932)] public uint LangGenerationCount;
    [FieldOffset(936)] public ulong Reserved5;
    [FieldOffset(936)] public ulong Reserved4;
    [FieldOffset(944)] public ulong InterruptTimeBias;
    [FieldOffset(952)] public ulong TscQpcBias;
    [FieldOffset(952)] public ulong QpcBias;
    [FieldOffset(960)] public uint ActiveProcessorCount;
    [FieldOffset(964)] public byte ActiveGroupCount;
    [FieldOffset(965)] public byte Reserved9;
    [FieldOffset(966)] public ushort QpcData;
    [FieldOffset(966)] public byte QpcBypassEnabled;
    [FieldOffset(967)] public byte QpcShift;
    [FieldOffset(968)] public ulong TimeZoneBiasEffectiveStart;
    [FieldOffset(976)] public ulong SystemDllNativeRelocation;
    [FieldOffset(976)] public ulong TimeZoneBiasEffectiveEnd;
    [FieldOffset(984)] public uint SystemDllWowRelocation;
    [FieldOffset(984)] public XSTATE_CONFIGURATION XState;
    [FieldOffset(988)] public uint XStatePad;
    [FieldOffset(1808)] public KSYSTEM_TIME FeatureConfigurationChangeStamp;
    [FieldOffset(1820)] public uint Spare;
    [FieldOffset(749)] private byte _bits1;
    [FieldOffset(752)] private uint _bits2;

    public byte TscQpcEnabled
    {
        readonly get => (byte)BitField.Get(_bits1, 0, 1);
        set => _bits1 = (byte)BitField.Set(_bits1, 0, 1, value);
    }

    public byte TscQpcSpareFlag
    {
        readonly get => (byte)BitField.Get(_bits1, 1, 1);
        set => _bits1 = (byte)BitField.Set(_bits1, 1, 1, value);
    }

    public byte TscQpcShift
    {
        readonly get => (byte)BitField.Get(_bits1, 2, 6);
        set => _bits1 = (byte)BitField.Set(_bits1, 2, 6, value);
    }

    public uint DbgErrorPortPresent
    {
        readonly get => (uint)BitField.Get(_bits2, 0, 1);
        set => _bits2 = (uint)BitField.Set(_bits2, 0, 1, value);
    }

    public uint DbgElevationEnabled
    {
        readonly get => (uint)BitField.Get(_bits2, 1, 1);
        set => _bits2 = (uint)BitField.Set(_bits2, 1, 1, value);
    }

    public uint DbgVirtEnabled
    {
        readonly get => (uint)BitField.Get(_bits2, 2, 1);
        set => _bits2 = (uint)BitField.Set(_bits2, 2, 1, value);
    }

    public uint DbgInstallerDetectEnabled
    {
        readonly get => (uint)BitField.Get(_bits2, 3, 1);
        set => _bits2 = (uint)BitField.Set(_bits2, 3, 1, value);
    }

    public uint DbgSystemDllRelocated
    {
        readonly get => (uint)BitField.Get(_bits2, 4, 1);
        set => _bits2 = (uint)BitField.Set(_bits2, 4, 1, value);
    }

    public uint DbgDynProcessorEnabled
    {
        readonly get => (uint)BitField.Get(_bits2, 5, 1);
        set => _bits2 = (uint)BitField.Set(_bits2, 5, 1, value);
    }

    public uint DbgSEHValidationEnabled
    {
        readonly get => (uint)BitField.Get(_bits2, 6, 1);
        set => _bits2 = (uint)BitField.Set(_bits2, 6, 1, value);
    }

    public uint SpareBits
    {
        readonly get => (uint)BitField.Get(_bits2, 7, 25);
        set => _bits2 = (uint)BitField.Set(_bits2, 7, 25, value);
    }

    public struct UserCetEnvironments
    {
        public uint AllFlags;
    }
}
