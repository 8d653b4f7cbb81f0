/*
 * wdmsec.h with what is in wdmsec.lib: IoCreateDeviceSecure is no routine of the kernel, on Windows either, but code
 * that is linked into each driver. WDK: WdmlibIoCreateDeviceSecure; "SDDL for Device Objects". To be included after
 * wdm.h, ntddk.h or ntifs.h, in place of mingw-w64's header, which declares a library that mingw-w64 does not have.
 */

#ifndef HIL_WDMSEC_H
#define HIL_WDMSEC_H
#define _WDMSEC_H_

NTSYSAPI NTSTATUS NTAPI RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision);
NTSYSAPI NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid);
NTKERNELAPI NTSTATUS NTAPI ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, PACCESS_STATE PassedAccessState,
                                                 ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                                 KPROCESSOR_MODE AccessMode, PHANDLE Handle);
NTSYSAPI NTSTATUS NTAPI ZwSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                            PSECURITY_DESCRIPTOR SecurityDescriptor);

#define HIL_SDDL_(Name, Text) \
    static const UNICODE_STRING Name __attribute__((unused)) = { sizeof(Text) - sizeof(WCHAR), sizeof(Text), Text }

HIL_SDDL_(SDDL_DEVOBJ_KERNEL_ONLY, L"D:P");
HIL_SDDL_(SDDL_DEVOBJ_SYS_ALL, L"D:P(A;;GA;;;SY)");
HIL_SDDL_(SDDL_DEVOBJ_SYS_ALL_ADM_ALL, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
HIL_SDDL_(SDDL_DEVOBJ_SYS_ALL_ADM_RX, L"D:P(A;;GA;;;SY)(A;;GRGX;;;BA)");
HIL_SDDL_(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)");
HIL_SDDL_(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R_RES_R,
          L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)(A;;GR;;;RC)");
HIL_SDDL_(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R,
          L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)(A;;GR;;;RC)");
HIL_SDDL_(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX,
          L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGWGX;;;WD)(A;;GRGWGX;;;RC)");
#define SDDL_DEVOBJ_INF_SUPPLIED SDDL_DEVOBJ_KERNEL_ONLY

/* A SID of one or two subauthorities, as it lies in memory. */
typedef struct HIL_SDDL_SID_ {
    WCHAR Code[2];
    UCHAR Revision;
    UCHAR SubAuthorityCount;
    UCHAR Authority[6];
    ULONG SubAuthority[2];
} HIL_SDDL_SID_;

typedef struct HIL_SDDL_RIGHT_ {
    WCHAR Code[2];
    ACCESS_MASK Mask;
} HIL_SDDL_RIGHT_;

static inline BOOLEAN HilSddlSkip_(PCWSTR *at, PCWSTR end, PCWSTR text)
{
    PCWSTR next = *at;

    while (*text != 0) {
        if (next == end || *next++ != *text++)
            return FALSE;
    }
    *at = next;
    return TRUE;
}

static inline BOOLEAN HilSddlHex_(PCWSTR *at, PCWSTR end, ACCESS_MASK *mask)
{
    ULONG digits = 0;

    for (*mask = 0; *at != end && **at != L';'; (*at)++) {
        WCHAR c = **at;
        ULONG digit = c >= L'0' && c <= L'9' ? c - L'0'
            : c >= L'a' && c <= L'f' ? c - L'a' + 10
            : c >= L'A' && c <= L'F' ? c - L'A' + 10
            : 16;
        if (digit == 16 || ++digits > 8)
            return FALSE;
        *mask = *mask << 4 | digit;
    }
    return digits != 0;
}

/* 0xhex, or one code after the other. Generic rights become those of files, as in the descriptor of any object. */
static inline BOOLEAN HilSddlRights_(PCWSTR *at, PCWSTR end, ACCESS_MASK *mask)
{
    static const HIL_SDDL_RIGHT_ Rights[] = {
        { { 'G', 'A' }, FILE_ALL_ACCESS }, { { 'G', 'R' }, FILE_GENERIC_READ }, { { 'G', 'W' }, FILE_GENERIC_WRITE },
        { { 'G', 'X' }, FILE_GENERIC_EXECUTE }, { { 'R', 'C' }, READ_CONTROL }, { { 'S', 'D' }, DELETE },
        { { 'W', 'D' }, WRITE_DAC }, { { 'W', 'O' }, WRITE_OWNER },
    };

    if (HilSddlSkip_(at, end, L"0x"))
        return HilSddlHex_(at, end, mask);
    for (*mask = 0; end - *at >= 2 && **at != L';'; *at += 2) {
        ULONG i = 0;
        while (i < RTL_NUMBER_OF(Rights) && !((*at)[0] == Rights[i].Code[0] && (*at)[1] == Rights[i].Code[1]))
            i++;
        if (i == RTL_NUMBER_OF(Rights))
            return FALSE;
        *mask |= Rights[i].Mask;
    }
    return *mask != 0;
}

static inline const HIL_SDDL_SID_ *HilSddlSid_(PCWSTR *at, PCWSTR end)
{
    static const HIL_SDDL_SID_ Sids[] = {
        { { 'S', 'Y' }, 1, 1, { 0, 0, 0, 0, 0, 5 }, { 18, 0 } },   /* the system */
        { { 'L', 'S' }, 1, 1, { 0, 0, 0, 0, 0, 5 }, { 19, 0 } },   /* local service */
        { { 'N', 'S' }, 1, 1, { 0, 0, 0, 0, 0, 5 }, { 20, 0 } },   /* network service */
        { { 'B', 'A' }, 1, 2, { 0, 0, 0, 0, 0, 5 }, { 32, 544 } }, /* administrators */
        { { 'B', 'U' }, 1, 2, { 0, 0, 0, 0, 0, 5 }, { 32, 545 } }, /* users */
        { { 'B', 'G' }, 1, 2, { 0, 0, 0, 0, 0, 5 }, { 32, 546 } }, /* guests */
        { { 'A', 'U' }, 1, 1, { 0, 0, 0, 0, 0, 5 }, { 11, 0 } },   /* authenticated */
        { { 'A', 'N' }, 1, 1, { 0, 0, 0, 0, 0, 5 }, { 7, 0 } },    /* anonymous */
        { { 'I', 'U' }, 1, 1, { 0, 0, 0, 0, 0, 5 }, { 4, 0 } },    /* logged on interactively */
        { { 'N', 'U' }, 1, 1, { 0, 0, 0, 0, 0, 5 }, { 2, 0 } },    /* over the network */
        { { 'W', 'D' }, 1, 1, { 0, 0, 0, 0, 0, 1 }, { 0, 0 } },    /* everybody */
        { { 'R', 'C' }, 1, 1, { 0, 0, 0, 0, 0, 5 }, { 12, 0 } },   /* restricted code */
    };
    ULONG i;

    if (end - *at < 2)
        return NULL;
    for (i = 0; i < RTL_NUMBER_OF(Sids); i++) {
        if ((*at)[0] == Sids[i].Code[0] && (*at)[1] == Sids[i].Code[1]) {
            *at += 2;
            return &Sids[i];
        }
    }
    return NULL;
}

/* "D:P" and entries of the form "(A;;Access;;;SID)". */
static inline NTSTATUS HilSddlParse_(PCUNICODE_STRING sddl, PACL acl, ULONG length)
{
    PCWSTR at = sddl->Buffer, end = at + sddl->Length / sizeof(WCHAR);
    NTSTATUS status = RtlCreateAcl(acl, length, ACL_REVISION);

    if (!HilSddlSkip_(&at, end, L"D:P"))
        return STATUS_INVALID_PARAMETER;
    while (NT_SUCCESS(status) && at != end) {
        const HIL_SDDL_SID_ *sid;
        ACCESS_MASK mask;
        if (!HilSddlSkip_(&at, end, L"(A;;") || !HilSddlRights_(&at, end, &mask) || !HilSddlSkip_(&at, end, L";;;"))
            return STATUS_INVALID_PARAMETER;
        sid = HilSddlSid_(&at, end);
        if (sid == NULL || !HilSddlSkip_(&at, end, L")"))
            return STATUS_INVALID_PARAMETER;
        status = RtlAddAccessAllowedAce(acl, ACL_REVISION, mask, (PSID)&sid->Revision);
    }
    return status;
}

static inline NTSTATUS HilSetDacl_(PDEVICE_OBJECT device, PACL acl)
{
    ULONG64 descriptor[5]; /* SECURITY_DESCRIPTOR */
    HANDLE handle;
    NTSTATUS status = RtlCreateSecurityDescriptor(descriptor, SECURITY_DESCRIPTOR_REVISION);

    if (NT_SUCCESS(status))
        status = RtlSetDaclSecurityDescriptor(descriptor, TRUE, acl, FALSE);
    if (NT_SUCCESS(status))
        status = ObOpenObjectByPointer(device, OBJ_KERNEL_HANDLE, NULL, WRITE_DAC, NULL, KernelMode, &handle);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, descriptor);
    ZwClose(handle);
    return status;
}

/* As IoCreateDevice, with a security descriptor. What an administrator may have set for the class in the registry is
   not looked for. STATUS_INVALID_PARAMETER for a device that gets no name, and for SDDL that is not as above. */
static inline NTSTATUS WdmlibIoCreateDeviceSecure(
    PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType,
    ULONG DeviceCharacteristics, BOOLEAN Exclusive, PCUNICODE_STRING DefaultSDDLString, LPCGUID DeviceClassGuid,
    PDEVICE_OBJECT *DeviceObject)
{
    /* The shortest entry has 12 characters, the longest ACE 24 bytes. */
    ULONG length = sizeof(ACL) + DefaultSDDLString->Length / (12 * sizeof(WCHAR)) * 24;
    NTSTATUS status;
    PACL acl;

    (void)DeviceClassGuid;
    if (DeviceName == NULL && (DeviceCharacteristics & FILE_AUTOGENERATED_DEVICE_NAME) == 0)
        return STATUS_INVALID_PARAMETER;
    acl = ExAllocatePoolWithTag(PagedPool, length, 'ceSW');
    if (acl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = HilSddlParse_(DefaultSDDLString, acl, length);
    if (NT_SUCCESS(status))
        status = IoCreateDevice(DriverObject, DeviceExtensionSize, DeviceName, DeviceType, DeviceCharacteristics,
                                Exclusive, DeviceObject);
    if (NT_SUCCESS(status)) {
        status = HilSetDacl_(*DeviceObject, acl);
        if (!NT_SUCCESS(status))
            IoDeleteDevice(*DeviceObject);
    }
    ExFreePoolWithTag(acl, 'ceSW');
    return status;
}

#undef IoCreateDeviceSecure
#define IoCreateDeviceSecure WdmlibIoCreateDeviceSecure

#endif
