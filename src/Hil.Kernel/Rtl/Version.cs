namespace Hil.Kernel;

// The kernel says that it is Windows 10 22H2, client, free build: the last whose structures the layouts were checked
// against.

public static unsafe partial class Ntoskrnl
{
    private const uint VersionMajor = 10;
    private const uint VersionMinor = 0;
    private const uint VersionBuild = 19045;
    private const uint FreeBuildMark = 0xF0000000; // Upper half of NtBuildNumber; 0xC0000000 marks a checked build.
    private const uint PlatformNt = 2; // VER_PLATFORM_WIN32_NT
    private const uint DdiVersion = 0x0A000008; // NTDDI_WIN10_VB, that of build 19041 to 19045
    private const uint ProductProfessional = 0x30; // PRODUCT_PROFESSIONAL
    private const byte ProductWorkstation = 1; // VER_NT_WORKSTATION
    private const ushort ProcessorArchitectureX64 = 9; // PROCESSOR_ARCHITECTURE_AMD64
    private const ushort SuiteSingleUser = 0x100; // VER_SUITE_SINGLEUSERTS

    // Type bits of RtlVerifyVersionInfo; the mask has three bits of condition for each.
    private const uint VerMinorVersion = 1;
    private const uint VerMajorVersion = 2;
    private const uint VerBuildNumber = 4;
    private const uint VerPlatformId = 8;
    private const uint VerServicePackMinor = 0x10;
    private const uint VerServicePackMajor = 0x20;
    private const uint VerSuiteName = 0x40;
    private const uint VerProductType = 0x80;

    /// <summary>The version of the system.</summary>
    /// <remarks>WDK: RtlGetVersion. The size field says which of the two structures it is.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlGetVersion(RTL_OSVERSIONINFOW* versionInformation)
    {
        var extended = (RTL_OSVERSIONINFOEXW*)versionInformation;
        bool isExtended = versionInformation->dwOSVersionInfoSize == sizeof(RTL_OSVERSIONINFOEXW);
        if (isExtended)
            PointerCheck.Follow<RTL_OSVERSIONINFOEXW>(versionInformation, "VersionInformation");
        versionInformation->dwMajorVersion = VersionMajor;
        versionInformation->dwMinorVersion = VersionMinor;
        versionInformation->dwBuildNumber = VersionBuild;
        versionInformation->dwPlatformId = PlatformNt;
        versionInformation->szCSDVersion[0] = '\0';
        if (!isExtended)
            return STATUS_SUCCESS;
        extended->wServicePackMajor = extended->wServicePackMinor = 0;
        extended->wSuiteMask = SuiteSingleUser;
        extended->wProductType = ProductWorkstation;
        extended->wReserved = 0;
        return STATUS_SUCCESS;
    }

    /// <summary>TRUE if a product suite is installed: a single user's terminal services alone.</summary>
    /// <param name="suiteType">SUITE_TYPE, the number of the suite's bit.</param>
    /// <remarks>WDK: ExVerifySuite.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN ExVerifySuite(uint suiteType) =>
        suiteType < 16 && (SuiteSingleUser >> (int)suiteType & 1) != 0;

    /// <summary>Compares the system's version with a wanted one, field by field as the condition mask says.</summary>
    /// <remarks>WDK: RtlVerifyVersionInfo. STATUS_REVISION_MISMATCH when a condition does not hold.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlVerifyVersionInfo(
        RTL_OSVERSIONINFOEXW* versionInfo, uint typeMask, ulong conditionMask)
    {
        if (typeMask == 0 || conditionMask == 0)
            return STATUS_INVALID_PARAMETER;
        bool holds = HoldsVersions(versionInfo, typeMask, conditionMask)
            && Holds(typeMask, conditionMask, VerBuildNumber, VersionBuild, versionInfo->dwBuildNumber)
            && Holds(typeMask, conditionMask, VerPlatformId, PlatformNt, versionInfo->dwPlatformId)
            && Holds(typeMask, conditionMask, VerProductType, ProductWorkstation, versionInfo->wProductType)
            && HoldsSuites(typeMask, conditionMask, versionInfo->wSuiteMask);
        return holds ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
    }

    /// <summary>Adds a condition for one type to a mask.</summary>
    /// <remarks>WDK: VerSetConditionMask.</remarks>
    [Export]
    public static ulong VerSetConditionMask(ulong conditionMask, uint typeMask, byte condition)
    {
        for (int bit = 0; bit < 8; bit++)
        {
            if ((typeMask & (1u << bit)) != 0)
                conditionMask |= (ulong)(condition & 7) << (bit * 3);
        }
        return conditionMask | 0x8000000000000000;
    }

    /// <summary>Writes what the system is into the page that drivers read it from.</summary>
    /// <remarks>WDK: KUSER_SHARED_DATA.</remarks>
    internal static void DescribeSystem(IGuestMemory memory)
    {
        var shared = (KUSER_SHARED_DATA*)memory.SharedUserData;
        const string SystemRoot = @"C:\Windows";
        SystemRoot.CopyTo(new Span<char>(shared->NtSystemRoot, 260));
        shared->NtMajorVersion = VersionMajor;
        shared->NtMinorVersion = VersionMinor;
        shared->NtBuildNumber = VersionBuild;
        shared->NtProductType = (NT_PRODUCT_TYPE)ProductWorkstation;
        shared->ProductTypeIsValid = true;
        shared->NativeProcessorArchitecture = ProcessorArchitectureX64;
        shared->SuiteMask = SuiteSingleUser;
    }

    [ExportData("NtBuildNumber", 4)]
    public static void InitializeNtBuildNumber(byte* storage) => *(uint*)storage = FreeBuildMark | VersionBuild;

    /// <summary>FLG_XXX that the system was started with: none.</summary>
    [ExportData("NtGlobalFlag", 4)]
    public static void InitializeNtGlobalFlag(byte* storage) => *(uint*)storage = 0;

    [ExportData("InitSafeBootMode", 4)]
    public static void InitializeInitSafeBootMode(byte* storage) => *(uint*)storage = 0;

    // Major, minor and service pack are one number when several of them are compared, with the major version's
    // condition.
    /// <summary>Whether a version of the driver interface (NTDDI_XXX) is there.</summary>
    /// <remarks>WDK: RtlIsNtDdiVersionAvailable.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN RtlIsNtDdiVersionAvailable(uint version) => version <= DdiVersion;

    /// <summary>Whether a service pack (NTDDI_XXX) of this very version of the system is there.</summary>
    /// <remarks>WDK: RtlIsServicePackVersionInstalled.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN RtlIsServicePackVersionInstalled(uint version) =>
        version >> 16 == DdiVersion >> 16 && version <= DdiVersion;

    /// <summary>Tells the edition of the system: Professional.</summary>
    /// <returns>FALSE for a version before 6, which had no editions, and for a null pointer.</returns>
    /// <remarks>WDK: RtlGetProductInfo.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN RtlGetProductInfo(
        uint osMajorVersion, uint osMinorVersion, uint spMajorVersion, uint spMinorVersion, uint* returnedProductType)
    {
        if (returnedProductType == null)
            return false;
        *returnedProductType = osMajorVersion < 6 ? 0 : ProductProfessional;
        return osMajorVersion >= 6;
    }

    /// <summary>Which of a set of extended features (XSTATE_MASK_XXX) the system has enabled, as the shared user data
    /// says.</summary>
    /// <remarks>WDK: RtlGetEnabledExtendedFeatures.</remarks>
    [Export]
    public static ulong RtlGetEnabledExtendedFeatures(ulong featureMask) =>
        ((KUSER_SHARED_DATA*)NtKernel.Current.Services.Memory.SharedUserData)->XState.EnabledFeatures & featureMask;

    private static bool HoldsVersions(RTL_OSVERSIONINFOEXW* wanted, uint typeMask, ulong conditionMask)
    {
        const uint Parts = VerMajorVersion | VerMinorVersion | VerServicePackMajor | VerServicePackMinor;
        if ((typeMask & Parts) == 0)
            return true;
        uint leading = (typeMask & VerMajorVersion) != 0 ? VerMajorVersion
            : (typeMask & VerMinorVersion) != 0 ? VerMinorVersion
            : (typeMask & VerServicePackMajor) != 0 ? VerServicePackMajor : VerServicePackMinor;
        ulong actual = 0;
        ulong asked = 0;
        AddPart(VerMajorVersion, VersionMajor, wanted->dwMajorVersion);
        AddPart(VerMinorVersion, VersionMinor, wanted->dwMinorVersion);
        AddPart(VerServicePackMajor, 0, wanted->wServicePackMajor);
        AddPart(VerServicePackMinor, 0, wanted->wServicePackMinor);
        return IsTrue(ConditionOf(conditionMask, leading), actual, asked);

        void AddPart(uint type, ulong ours, ulong theirs)
        {
            actual <<= 16;
            asked <<= 16;
            if ((typeMask & type) == 0)
                return;
            actual |= ours & 0xFFFF;
            asked |= theirs & 0xFFFF;
        }
    }

    private static bool Holds(uint typeMask, ulong conditionMask, uint type, ulong actual, ulong wanted) =>
        (typeMask & type) == 0 || IsTrue(ConditionOf(conditionMask, type), actual, wanted);

    private static bool HoldsSuites(uint typeMask, ulong conditionMask, uint wanted)
    {
        const int Or = 7; // VER_OR: any of the suites; otherwise all of them.
        if ((typeMask & VerSuiteName) == 0)
            return true;
        uint common = wanted & SuiteSingleUser;
        return ConditionOf(conditionMask, VerSuiteName) == Or ? common != 0 || wanted == 0 : common == wanted;
    }

    private static int ConditionOf(ulong conditionMask, uint type) =>
        (int)(conditionMask >> (System.Numerics.BitOperations.TrailingZeroCount(type) * 3)) & 7;

    // VER_EQUAL, VER_GREATER, VER_GREATER_EQUAL, VER_LESS, VER_LESS_EQUAL: the system's version against the wanted one.
    private static bool IsTrue(int condition, ulong actual, ulong wanted) => condition switch
    {
        1 => actual == wanted,
        2 => actual > wanted,
        3 => actual >= wanted,
        4 => actual < wanted,
        5 => actual <= wanted,
        _ => false,
    };
}
