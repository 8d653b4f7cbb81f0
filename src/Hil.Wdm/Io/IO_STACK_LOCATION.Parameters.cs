using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hil.Wdm;

public unsafe partial struct IO_STACK_LOCATION
{
    [StructLayout(LayoutKind.Explicit)]
    public struct ParametersUnion
    {
        [FieldOffset(0)] public CreateParameters Create;
        [FieldOffset(0)] public CreatePipeParameters CreatePipe;
        [FieldOffset(0)] public CreateMailslotParameters CreateMailslot;
        [FieldOffset(0)] public ReadParameters Read;
        [FieldOffset(0)] public WriteParameters Write;
        [FieldOffset(0)] public QueryDirectoryParameters QueryDirectory;
        [FieldOffset(0)] public NotifyDirectoryParameters NotifyDirectory;
        [FieldOffset(0)] public NotifyDirectoryExParameters NotifyDirectoryEx;
        [FieldOffset(0)] public QueryFileParameters QueryFile;
        [FieldOffset(0)] public SetFileParameters SetFile;
        [FieldOffset(0)] public QueryEaParameters QueryEa;
        [FieldOffset(0)] public SetEaParameters SetEa;
        [FieldOffset(0)] public QueryVolumeParameters QueryVolume;
        [FieldOffset(0)] public SetVolumeParameters SetVolume;
        [FieldOffset(0)] public FileSystemControlParameters FileSystemControl;
        [FieldOffset(0)] public LockControlParameters LockControl;
        [FieldOffset(0)] public DeviceIoControlParameters DeviceIoControl;
        [FieldOffset(0)] public QuerySecurityParameters QuerySecurity;
        [FieldOffset(0)] public SetSecurityParameters SetSecurity;
        [FieldOffset(0)] public MountVolumeParameters MountVolume;
        [FieldOffset(0)] public VerifyVolumeParameters VerifyVolume;
        [FieldOffset(0)] public ScsiParameters Scsi;
        [FieldOffset(0)] public QueryQuotaParameters QueryQuota;
        [FieldOffset(0)] public SetQuotaParameters SetQuota;
        [FieldOffset(0)] public QueryDeviceRelationsParameters QueryDeviceRelations;
        [FieldOffset(0)] public QueryInterfaceParameters QueryInterface;
        [FieldOffset(0)] public DeviceCapabilitiesParameters DeviceCapabilities;
        [FieldOffset(0)] public FilterResourceRequirementsParameters FilterResourceRequirements;
        [FieldOffset(0)] public ReadWriteConfigParameters ReadWriteConfig;
        [FieldOffset(0)] public SetLockParameters SetLock;
        [FieldOffset(0)] public QueryIdParameters QueryId;
        [FieldOffset(0)] public QueryDeviceTextParameters QueryDeviceText;
        [FieldOffset(0)] public UsageNotificationParameters UsageNotification;
        [FieldOffset(0)] public WaitWakeParameters WaitWake;
        [FieldOffset(0)] public PowerSequenceParameters PowerSequence;
        [FieldOffset(0)] public PowerParameters Power;
        [FieldOffset(0)] public StartDeviceParameters StartDevice;
        [FieldOffset(0)] public WmiParameters WMI;
        [FieldOffset(0)] public OthersParameters Others;

        [StructLayout(LayoutKind.Explicit)]
        public struct CreateParameters
        {
            [FieldOffset(0)] public IO_SECURITY_CONTEXT* SecurityContext;
            [FieldOffset(8)] public uint Options;
            [FieldOffset(16)] public ushort FileAttributes;
            [FieldOffset(18)] public ushort ShareAccess;
            [FieldOffset(24)] public uint EaLength;
        }

        [StructLayout(LayoutKind.Explicit)]
        public struct CreatePipeParameters
        {
            [FieldOffset(0)] public IO_SECURITY_CONTEXT* SecurityContext;
            [FieldOffset(8)] public uint Options;
            [FieldOffset(16)] public ushort Reserved;
            [FieldOffset(18)] public ushort ShareAccess;
            [FieldOffset(24)] public void* Parameters;
        }

        [StructLayout(LayoutKind.Explicit)]
        public struct CreateMailslotParameters
        {
            [FieldOffset(0)] public IO_SECURITY_CONTEXT* SecurityContext;
            [FieldOffset(8)] public uint Options;
            [FieldOffset(16)] public ushort Reserved;
            [FieldOffset(18)] public ushort ShareAccess;
            [FieldOffset(24)] public void* Parameters;
        }

        [StructLayout(LayoutKind.Explicit)]
        public struct ReadParameters
        {
            [FieldOffset(0)] public uint Length;
            [FieldOffset(8)] public uint Key;
            [FieldOffset(12)] public uint Flags;
            [FieldOffset(16)] public LARGE_INTEGER ByteOffset;
        }

        [StructLayout(LayoutKind.Explicit)]
        public struct WriteParameters
        {
            [FieldOffset(0)] public uint Length;
            [FieldOffset(8)] public uint Key;
            [FieldOffset(12)] public uint Flags;
            [FieldOffset(16)] public LARGE_INTEGER ByteOffset;
        }

        [StructLayout(LayoutKind.Explicit)]
        public struct QueryDirectoryParameters
        {
            [FieldOffset(0)] public uint Length;
            [FieldOffset(8)] public UNICODE_STRING* FileName;
            [FieldOffset(16)] public FILE_INFORMATION_CLASS FileInformationClass;
            [FieldOffset(24)] public uint FileIndex;
        }

        [StructLayout(LayoutKind.Explicit, Size = 16)]
        public struct NotifyDirectoryParameters
        {
            [FieldOffset(0)] public uint Length;
            [FieldOffset(8)] public uint CompletionFilter;
        }

        [StructLayout(LayoutKind.Explicit, Size = 24)]
        public struct NotifyDirectoryExParameters
        {
            [FieldOffset(0)] public uint Length;
            [FieldOffset(8)] public uint CompletionFilter;
            [FieldOffset(16)] public int DirectoryNotifyInformationClass;
        }

        [StructLayout(LayoutKind.Explicit, Size = 16)]
        public struct QueryFileParameters
        {
            [FieldOffset(0)] public uint Length;
            [FieldOffset(8)] public FILE_INFORMATION_CLASS FileInformationClass;
        }

        [StructLayout(LayoutKind.Explicit)]
        public struct SetFileParameters
        {
            [FieldOffset(0)] public uint Length;
            [FieldOffset(8)] public FILE_INFORMATION_CLASS FileInformationClass;
            [FieldOffset(16)] public FILE_OBJECT* FileObject;
            [FieldOffset(24)] public BOOLEAN ReplaceIfExists;
            [FieldOffset(25)] public BOOLEAN AdvanceOnly;
            [FieldOffset(24)] public uint ClusterCount;
            [FieldOffset(24)] public void* DeleteHandle;
        }

        [StructLayout(LayoutKind.Explicit)]
        public struct QueryEaParameters
        {
            [FieldOffset(0)] public uint Length;
            [FieldOffset(8)] public void* EaList;
            [FieldOffset(16)] public uint EaListLength;
            [FieldOffset(24)] public uint EaIndex;
        }

        public struct SetEaParameters
        {
            public uint Length;
        }

        [StructLayout(LayoutKind.Explicit, Size = 16)]
        public struct QueryVolumeParameters
        {
            [FieldOffset(0)] public uint Length;
            [FieldOffset(8)] public int FsInformationClass;
        }

        [StructLayout(LayoutKind.Explicit, Size = 16)]
        public struct SetVolumeParameters
        {
            [FieldOffset(0)] public uint Length;
            [FieldOffset(8)] public int FsInformationClass;
        }

        [StructLayout(LayoutKind.Explicit)]
        public struct FileSystemControlParameters
        {
            [FieldOffset(0)] public uint OutputBufferLength;
            [FieldOffset(8)] public uint InputBufferLength;
            [FieldOffset(16)] public uint FsControlCode;
            [FieldOffset(24)] public void* Type3InputBuffer;
        }

        public struct LockControlParameters
        {
            public LARGE_INTEGER* Length;
            public uint Key;
            public LARGE_INTEGER ByteOffset;
        }

        [StructLayout(LayoutKind.Explicit)]
        public struct DeviceIoControlParameters
        {
            [FieldOffset(0)] public uint OutputBufferLength;
            [FieldOffset(8)] public uint InputBufferLength;
            [FieldOffset(16)] public uint IoControlCode;
            [FieldOffset(24)] public void* Type3InputBuffer;
        }

        [StructLayout(LayoutKind.Explicit, Size = 16)]
        public struct QuerySecurityParameters
        {
            [FieldOffset(0)] public uint SecurityInformation;
            [FieldOffset(8)] public uint Length;
        }

        public struct SetSecurityParameters
        {
            public uint SecurityInformation;
            public void* SecurityDescriptor;
        }

        public struct MountVolumeParameters
        {
            public VPB* Vpb;
            public DEVICE_OBJECT* DeviceObject;
        }

        public struct VerifyVolumeParameters
        {
            public VPB* Vpb;
            public DEVICE_OBJECT* DeviceObject;
        }

        public struct ScsiParameters
        {
            public void* Srb;
        }

        public struct QueryQuotaParameters
        {
            public uint Length;
            public void* StartSid;
            public void* SidList;
            public uint SidListLength;
        }

        public struct SetQuotaParameters
        {
            public uint Length;
        }

        public struct QueryDeviceRelationsParameters
        {
            public DEVICE_RELATION_TYPE Type;
        }

        public struct QueryInterfaceParameters
        {
            public Guid* InterfaceType;
            public ushort Size;
            public ushort Version;
            public INTERFACE* Interface;
            public void* InterfaceSpecificData;
        }

        public struct DeviceCapabilitiesParameters
        {
            public DEVICE_CAPABILITIES* Capabilities;
        }

        public struct FilterResourceRequirementsParameters
        {
            public IO_RESOURCE_REQUIREMENTS_LIST* IoResourceRequirementList;
        }

        [StructLayout(LayoutKind.Explicit)]
        public struct ReadWriteConfigParameters
        {
            [FieldOffset(0)] public uint WhichSpace;
            [FieldOffset(8)] public void* Buffer;
            [FieldOffset(16)] public uint Offset;
            [FieldOffset(24)] public uint Length;
        }

        public struct SetLockParameters
        {
            public BOOLEAN Lock;
        }

        public struct QueryIdParameters
        {
            public BUS_QUERY_ID_TYPE IdType;
        }

        [StructLayout(LayoutKind.Explicit, Size = 16)]
        public struct QueryDeviceTextParameters
        {
            [FieldOffset(0)] public DEVICE_TEXT_TYPE DeviceTextType;
            [FieldOffset(8)] public uint LocaleId;
        }

        [StructLayout(LayoutKind.Explicit, Size = 16)]
        public struct UsageNotificationParameters
        {
            [FieldOffset(0)] public BOOLEAN InPath;
            [FieldOffset(1)] public ReservedArray Reserved;
            [FieldOffset(8)] public DEVICE_USAGE_NOTIFICATION_TYPE Type;

            [InlineArray(3)]
            public struct ReservedArray
            {
                private BOOLEAN _element0;
            }
        }

        public struct WaitWakeParameters
        {
            public SYSTEM_POWER_STATE PowerState;
        }

        public struct PowerSequenceParameters
        {
            public POWER_SEQUENCE* PowerSequence;
        }

        [StructLayout(LayoutKind.Explicit, Size = 32)]
        public struct PowerParameters
        {
            [FieldOffset(0)] public uint SystemContext;
            [FieldOffset(0)] public SYSTEM_POWER_STATE_CONTEXT SystemPowerStateContext;
            [FieldOffset(8)] public POWER_STATE_TYPE Type;
            [FieldOffset(16)] public POWER_STATE State;
            [FieldOffset(24)] public POWER_ACTION ShutdownType;
        }

        public struct StartDeviceParameters
        {
            public CM_RESOURCE_LIST* AllocatedResources;
            public CM_RESOURCE_LIST* AllocatedResourcesTranslated;
        }

        public struct WmiParameters
        {
            public nuint ProviderId;
            public void* DataPath;
            public uint BufferSize;
            public void* Buffer;
        }

        public struct OthersParameters
        {
            public void* Argument1;
            public void* Argument2;
            public void* Argument3;
            public void* Argument4;
        }
    }
}
