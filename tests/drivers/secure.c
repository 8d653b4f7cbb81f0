/*
 * Self-checking: IoCreateDeviceSecure of the wdmsec.h that `hil run` compiles drivers with.
 */

#include <ntifs.h>
#include "check.h"
#include <wdmsec.h>

static const WCHAR NameText[] = L"\\Device\\HilSecured";

static NTSTATUS Create(PDEVICE_OBJECT device, PCUNICODE_STRING sddl, PDEVICE_OBJECT *made)
{
    UNICODE_STRING name = { sizeof(NameText) - sizeof(WCHAR), sizeof(NameText), (PWSTR)NameText };

    return IoCreateDeviceSecure(device->DriverObject, 16, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
                                sddl, NULL, made);
}

static NTSTATUS CreateBy(PDEVICE_OBJECT device, PCWSTR text)
{
    PDEVICE_OBJECT made;
    UNICODE_STRING sddl;
    NTSTATUS status;

    RtlInitUnicodeString(&sddl, text);
    status = Create(device, &sddl, &made);
    if (NT_SUCCESS(status))
        IoDeleteDevice(made);
    return status;
}

/* The DACL of a device. */
static ULONG ReadDacl(PDEVICE_OBJECT device, PUCHAR buffer, ULONG length, PACL *acl)
{
    BOOLEAN isPresent, isDefaulted;
    HANDLE handle;
    ULONG needed;

    CHECK(ObOpenObjectByPointer(device, OBJ_KERNEL_HANDLE, NULL, READ_CONTROL, NULL, KernelMode, &handle)
        == STATUS_SUCCESS);
    CHECK(ZwQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, buffer, length, &needed) == STATUS_SUCCESS);
    CHECK(ZwClose(handle) == STATUS_SUCCESS);
    CHECK(RtlGetDaclSecurityDescriptor(buffer, &isPresent, acl, &isDefaulted) == STATUS_SUCCESS && isPresent);
    return 0;
}

static ULONG DescriptorsAreWhatTheTextSays(PDEVICE_OBJECT device)
{
    UNICODE_STRING numbers = RTL_CONSTANT_STRING(L"D:P(A;;0x12019f;;;AU)(A;;RCSDWDWO;;;IU)");
    ULONG64 buffer[64];
    PACCESS_ALLOWED_ACE ace;
    PDEVICE_OBJECT made;
    PACL acl;

    CHECK(Create(device, &SDDL_DEVOBJ_SYS_ALL_ADM_RX, &made) == STATUS_SUCCESS);
    CHECK((made->Flags & DO_DEVICE_INITIALIZING) != 0 && made->DeviceType == FILE_DEVICE_UNKNOWN);
    CHECK_CALL(ReadDacl(made, (PUCHAR)buffer, sizeof(buffer), &acl));
    CHECK(acl->AceCount == 2);
    CHECK(RtlGetAce(acl, 0, (PVOID *)&ace) == STATUS_SUCCESS && ace->Mask == FILE_ALL_ACCESS);
    CHECK(RtlEqualSid(&ace->SidStart, SeExports->SeLocalSystemSid));
    CHECK(RtlGetAce(acl, 1, (PVOID *)&ace) == STATUS_SUCCESS);
    CHECK(ace->Mask == (FILE_GENERIC_READ | FILE_GENERIC_EXECUTE));
    CHECK(RtlEqualSid(&ace->SidStart, SeExports->SeAliasAdminsSid));
    CHECK(CreateBy(device, L"D:P") == STATUS_OBJECT_NAME_COLLISION);
    IoDeleteDevice(made);

    CHECK(Create(device, &numbers, &made) == STATUS_SUCCESS);
    CHECK_CALL(ReadDacl(made, (PUCHAR)buffer, sizeof(buffer), &acl));
    CHECK(RtlGetAce(acl, 0, (PVOID *)&ace) == STATUS_SUCCESS && ace->Mask == 0x12019f);
    CHECK(RtlEqualSid(&ace->SidStart, SeExports->SeAuthenticatedUsersSid));
    CHECK(RtlGetAce(acl, 1, (PVOID *)&ace) == STATUS_SUCCESS);
    CHECK(ace->Mask == (READ_CONTROL | DELETE | WRITE_DAC | WRITE_OWNER));
    CHECK(RtlEqualSid(&ace->SidStart, SeExports->SeInteractiveSid));
    IoDeleteDevice(made);

    CHECK(Create(device, &SDDL_DEVOBJ_KERNEL_ONLY, &made) == STATUS_SUCCESS);
    CHECK_CALL(ReadDacl(made, (PUCHAR)buffer, sizeof(buffer), &acl));
    CHECK(acl != NULL && acl->AceCount == 0); /* nobody may, which is not the same as no list */
    IoDeleteDevice(made);
    return 0;
}

static ULONG EveryDefaultIsWellFormed(PDEVICE_OBJECT device)
{
    static const PCUNICODE_STRING Defaults[] = {
        &SDDL_DEVOBJ_SYS_ALL, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, &SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R,
        &SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R_RES_R, &SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R,
        &SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX,
    };
    static const USHORT Entries[] = { 1, 2, 3, 4, 4, 4 };
    ULONG64 buffer[64];
    PDEVICE_OBJECT made;
    PACL acl;
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Defaults); i++) {
        CHECK(Create(device, Defaults[i], &made) == STATUS_SUCCESS);
        CHECK_CALL(ReadDacl(made, (PUCHAR)buffer, sizeof(buffer), &acl));
        CHECK(acl->AceCount == Entries[i]);
        IoDeleteDevice(made);
    }
    return 0;
}

static ULONG MalformedTextIsRefused(PDEVICE_OBJECT device)
{
    static const PCWSTR Texts[] = {
        L"", L"D", L"D:", L"P", L"D:P(", L"D:P()", L"D:P(A;;GA;;;SY", L"D:P(A;;GA;;;SY))", L"D:P(D;;GA;;;SY)",
        L"D:P(A;CI;GA;;;SY)", L"D:P(A;;;;;SY)", L"D:P(A;;G;;;SY)", L"D:P(A;;GAG;;;SY)", L"D:P(A;;ga;;;SY)",
        L"D:P(A;;0x;;;SY)", L"D:P(A;;0x123456789;;;SY)", L"D:P(A;;0xg;;;SY)", L"D:P(A;;GA;;;XX)", L"D:P(A;;GA;;;S)",
        L"D:P(A;;GA;;;)", L"D:P(A;;GA;;SY)", L"D:P (A;;GA;;;SY)", L"D:P(A;;GA;;;SY)x", L"O:SYD:P(A;;GA;;;SY)",
    };
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Texts); i++) {
        NTSTATUS status = CreateBy(device, Texts[i]);
        if (status != STATUS_INVALID_PARAMETER)
            DbgPrint("%ws: %x\n", Texts[i], status);
        CHECK(status == STATUS_INVALID_PARAMETER);
    }
    CHECK(CreateBy(device, L"D:P(A;;GA;;;SY)") == STATUS_SUCCESS); /* the name is free */
    return 0;
}

static ULONG ADeviceNeedsAName(PDEVICE_OBJECT device)
{
    PDEVICE_OBJECT made;

    CHECK(IoCreateDeviceSecure(device->DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &SDDL_DEVOBJ_SYS_ALL,
                               NULL, &made) == STATUS_INVALID_PARAMETER);
    CHECK(IoCreateDeviceSecure(device->DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, FILE_AUTOGENERATED_DEVICE_NAME,
                               FALSE, &SDDL_DEVOBJ_SYS_ALL, NULL, &made) == STATUS_SUCCESS);
    IoDeleteDevice(made);
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(DescriptorsAreWhatTheTextSays),
    CHECK_CASE_OF(EveryDefaultIsWellFormed),
    CHECK_CASE_OF(MalformedTextIsRefused),
    CHECK_CASE_OF(ADeviceNeedsAName),
};

static NTSTATUS SecureControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilSecure"), 0, SecureControl, NULL };
