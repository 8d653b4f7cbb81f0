/*
 * Self-checking: what drivers ask of the kernel besides I/O. Security descriptors, well-known identifiers, notifications,
 * reserved mappings. Request 100 stops the machine, with callbacks that have the last word; 101 reports images that are
 * loaded from then on; 102 leaves its own end to IoRaiseHardError.
 */

#include <ntifs.h>
#include "check.h"

typedef struct SE_DESCRIPTOR {
    SECURITY_DESCRIPTOR Descriptor;
    UCHAR Acl[64];
} SE_DESCRIPTOR;

static ULONG WellKnownIdentifiers(PDEVICE_OBJECT device)
{
    CHECK(SeExports->SeTcbPrivilege.LowPart == 7 && SeExports->SeLoadDriverPrivilege.LowPart == 10);
    CHECK(SeExports->SeCreatePagefilePrivilege.LowPart == 15 && SeExports->SeSystemProfilePrivilege.LowPart == 11);
    CHECK(SeExports->SeRemoteShutdownPrivilege.LowPart == 24 && SeExports->SeManageVolumePrivilege.LowPart == 28);
    CHECK(SeExports->SeCreateSymbolicLinkPrivilege.LowPart == 35);
    CHECK(RtlValidSid(SeExports->SeAliasAdminsSid) && RtlLengthSid(SeExports->SeAliasAdminsSid) == 16);
    CHECK(*RtlSubAuthoritySid(SeExports->SeAliasAdminsSid, 1) == 544);
    CHECK(RtlLengthSid(SeExports->SeWorldSid) == 12 && *RtlSubAuthoritySid(SeExports->SeLocalSystemSid, 0) == 18);
    CHECK(RtlEqualSid(SeExports->SeWorldSid, SeExports->SeWorldSid));
    CHECK(!RtlEqualSid(SeExports->SeWorldSid, SeExports->SeLocalSid));
    return 0;
}

static ULONG IdentifiersAreBuilt(PDEVICE_OBJECT device)
{
    SID_IDENTIFIER_AUTHORITY authority = { { 0, 0, 0, 0, 0, 5 } };
    ULONG sid[4], copy[4];

    CHECK(RtlLengthRequiredSid(2) == 16);
    CHECK(RtlInitializeSid(sid, &authority, 16) == STATUS_INVALID_PARAMETER);
    CHECK(RtlInitializeSid(sid, &authority, 2) == STATUS_SUCCESS);
    *RtlSubAuthoritySid(sid, 0) = 32;
    *RtlSubAuthoritySid(sid, 1) = 544;
    CHECK(RtlEqualSid(sid, SeExports->SeAliasAdminsSid));
    CHECK(RtlCopySid(12, copy, sid) == STATUS_BUFFER_TOO_SMALL);
    CHECK(RtlCopySid(16, copy, sid) == STATUS_SUCCESS && RtlEqualSid(copy, sid));
    return 0;
}

static ULONG MakeDescriptor(SE_DESCRIPTOR *made)
{
    PACL acl = (PACL)made->Acl;

    CHECK(RtlCreateSecurityDescriptor(&made->Descriptor, 2) == STATUS_UNKNOWN_REVISION);
    CHECK(RtlCreateSecurityDescriptor(&made->Descriptor, SECURITY_DESCRIPTOR_REVISION) == STATUS_SUCCESS);
    CHECK(RtlLengthSecurityDescriptor(&made->Descriptor) == sizeof(SECURITY_DESCRIPTOR));
    CHECK(RtlCreateAcl(acl, 4, ACL_REVISION) == STATUS_BUFFER_TOO_SMALL);
    CHECK(RtlCreateAcl(acl, 52, ACL_REVISION) == STATUS_SUCCESS);
    CHECK(RtlAddAccessAllowedAce(acl, ACL_REVISION, GENERIC_ALL, SeExports->SeAliasAdminsSid) == STATUS_SUCCESS);
    CHECK(RtlAddAccessAllowedAce(acl, ACL_REVISION, GENERIC_READ, SeExports->SeWorldSid) == STATUS_SUCCESS);
    CHECK(RtlAddAccessAllowedAce(acl, ACL_REVISION, GENERIC_READ, SeExports->SeWorldSid)
        == STATUS_ALLOTTED_SPACE_EXCEEDED);
    CHECK(acl->AceCount == 2);
    CHECK(RtlSetDaclSecurityDescriptor(&made->Descriptor, TRUE, acl, FALSE) == STATUS_SUCCESS);
    CHECK(RtlSetOwnerSecurityDescriptor(&made->Descriptor, SeExports->SeLocalSystemSid, FALSE) == STATUS_SUCCESS);
    CHECK(RtlLengthSecurityDescriptor(&made->Descriptor) == sizeof(SECURITY_DESCRIPTOR) + 52 + 12);
    CHECK(RtlValidSecurityDescriptor(&made->Descriptor));
    return 0;
}

static ULONG CheckDescriptor(PSECURITY_DESCRIPTOR descriptor)
{
    PACCESS_ALLOWED_ACE ace;
    BOOLEAN present, defaulted;
    PACL acl;
    PSID sid;

    CHECK(RtlGetDaclSecurityDescriptor(descriptor, &present, &acl, &defaulted) == STATUS_SUCCESS);
    CHECK(present && !defaulted && acl->AceCount == 2);
    CHECK(RtlGetAce(acl, 1, (PVOID *)&ace) == STATUS_SUCCESS);
    CHECK(ace->Mask == GENERIC_READ && RtlEqualSid(&ace->SidStart, SeExports->SeWorldSid));
    CHECK(RtlGetAce(acl, 2, (PVOID *)&ace) == STATUS_INVALID_PARAMETER);
    CHECK(RtlGetOwnerSecurityDescriptor(descriptor, &sid, &defaulted) == STATUS_SUCCESS);
    CHECK(RtlEqualSid(sid, SeExports->SeLocalSystemSid) && !defaulted);
    CHECK(RtlGetGroupSecurityDescriptor(descriptor, &sid, &defaulted) == STATUS_SUCCESS && sid == NULL);
    CHECK(RtlGetSaclSecurityDescriptor(descriptor, &present, &acl, &defaulted) == STATUS_SUCCESS && !present);
    return 0;
}

static ULONG DescriptorsAreBuilt(PDEVICE_OBJECT device)
{
    SE_DESCRIPTOR made;
    ULONG64 relative[16];
    ULONG length = 8;

    CHECK_CALL(MakeDescriptor(&made));
    CHECK_CALL(CheckDescriptor(&made.Descriptor));
    CHECK(RtlAbsoluteToSelfRelativeSD(&made.Descriptor, relative, &length) == STATUS_BUFFER_TOO_SMALL);
    CHECK(length == sizeof(SECURITY_DESCRIPTOR_RELATIVE) + 52 + 12);
    CHECK(RtlAbsoluteToSelfRelativeSD(&made.Descriptor, relative, &length) == STATUS_SUCCESS);
    CHECK_CALL(CheckDescriptor(relative));
    CHECK(RtlLengthSecurityDescriptor(relative) == length);
    CHECK(RtlAbsoluteToSelfRelativeSD(relative, relative, &length) == STATUS_BAD_DESCRIPTOR_FORMAT);
    CHECK(RtlSetDaclSecurityDescriptor(relative, FALSE, NULL, FALSE) == STATUS_INVALID_SECURITY_DESCR);
    return 0;
}

NTSYSAPI NTSTATUS NTAPI ZwSetSecurityObject(HANDLE handle, SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR descriptor);

static ULONG ObjectsHaveDescriptors(PDEVICE_OBJECT device)
{
    SE_DESCRIPTOR made;
    PSECURITY_DESCRIPTOR read;
    BOOLEAN allocated;
    ULONG needed;
    HANDLE handle;

    CHECK(ObGetObjectSecurity(device, &read, &allocated) == STATUS_SUCCESS && read == NULL && !allocated);
    CHECK_CALL(MakeDescriptor(&made));
    CHECK(ObOpenObjectByPointer(device, OBJ_KERNEL_HANDLE, NULL, WRITE_DAC, NULL, KernelMode, &handle) == STATUS_SUCCESS);
    CHECK(ZwSetSecurityObject(handle, OWNER_SECURITY_INFORMATION, &made.Descriptor) == STATUS_SUCCESS);
    CHECK(ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &made.Descriptor) == STATUS_SUCCESS);
    CHECK(ZwQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, NULL, 0, &needed) == STATUS_BUFFER_TOO_SMALL);
    CHECK(needed == sizeof(SECURITY_DESCRIPTOR_RELATIVE) + 52);
    CHECK(ZwClose(handle) == STATUS_SUCCESS);
    CHECK(ObGetObjectSecurity(device, &read, &allocated) == STATUS_SUCCESS && read != NULL && allocated);
    CHECK_CALL(CheckDescriptor(read));
    ObReleaseObjectSecurity(read, allocated);
    return 0;
}

static ULONG MappingsAreReserved(PDEVICE_OBJECT device)
{
    PVOID pages = ExAllocatePoolWithTag(NonPagedPool, 2 * PAGE_SIZE, 'vreS');
    PVOID room = MmAllocateMappingAddress(PAGE_SIZE, 'pamR');
    PMDL mdl = IoAllocateMdl(pages, PAGE_SIZE, FALSE, FALSE, NULL);
    PMDL large = IoAllocateMdl(pages, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    PULONG mapped;

    CHECK(pages != NULL && room != NULL && mdl != NULL && large != NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    MmProbeAndLockPages(large, KernelMode, IoWriteAccess);
    CHECK(MmMapLockedPagesWithReservedMapping(room, 'pamR', large, MmCached) == NULL);
    mapped = MmMapLockedPagesWithReservedMapping(room, 'pamR', mdl, MmCached);
    CHECK(mapped != NULL);
    *mapped = 0x12345678;
    CHECK(*(PULONG)pages == 0x12345678);
    MmUnmapReservedMapping(mapped, 'pamR', mdl);
    mapped = MmMapLockedPagesWithReservedMapping(room, 'pamR', mdl, MmCached);
    CHECK(mapped != NULL);
    MmUnmapReservedMapping(mapped, 'pamR', mdl);
    MmUnlockPages(mdl);
    MmUnlockPages(large);
    IoFreeMdl(mdl);
    IoFreeMdl(large);
    MmFreeMappingAddress(room, 'pamR');
    ExFreePoolWithTag(pages, 'vreS');
    return 0;
}

static BOOLEAN NTAPI OnNmi(PVOID context, BOOLEAN handled)
{
    return FALSE;
}

static VOID NTAPI OnProcess(HANDLE parent, HANDLE process, BOOLEAN create)
{
}

static VOID NTAPI OnImage(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO image)
{
}

static ULONG NotificationsAreRegistered(PDEVICE_OBJECT device)
{
    OB_CALLBACK_REGISTRATION registration = { .Version = OB_FLT_REGISTRATION_VERSION };
    PVOID handle = KeRegisterNmiCallback(OnNmi, NULL);

    CHECK(handle != NULL && KeDeregisterNmiCallback(handle) == STATUS_SUCCESS);
    CHECK(KeDeregisterNmiCallback(handle) == STATUS_INVALID_HANDLE);
    CHECK(PsSetCreateProcessNotifyRoutine(OnProcess, TRUE) == STATUS_INVALID_PARAMETER);
    CHECK(PsSetCreateProcessNotifyRoutine(OnProcess, FALSE) == STATUS_SUCCESS);
    CHECK(PsSetCreateProcessNotifyRoutine(OnProcess, FALSE) == STATUS_INVALID_PARAMETER);
    CHECK(PsSetCreateProcessNotifyRoutine(OnProcess, TRUE) == STATUS_SUCCESS);
    CHECK(PsRemoveLoadImageNotifyRoutine(OnImage) == STATUS_PROCEDURE_NOT_FOUND);
    CHECK(PsSetLoadImageNotifyRoutine(OnImage) == STATUS_SUCCESS);
    CHECK(PsRemoveLoadImageNotifyRoutine(OnImage) == STATUS_SUCCESS);
    CHECK(ObRegisterCallbacks(&registration, &handle) == STATUS_ACCESS_DENIED);
    registration.Version = 1;
    CHECK(ObRegisterCallbacks(&registration, &handle) == STATUS_INVALID_PARAMETER);
    return 0;
}

static NTSTATUS WatchdogInDpc;

static VOID NTAPI WatchdogDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    KDPC_WATCHDOG_INFORMATION information;

    WatchdogInDpc = KeQueryDpcWatchdogInformation(&information);
}

static ULONG WatchdogKnowsDpcs(PDEVICE_OBJECT device)
{
    KDPC_WATCHDOG_INFORMATION information;
    KDPC dpc;
    KIRQL irql;
    NTSTATUS outside;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    outside = KeQueryDpcWatchdogInformation(&information);
    KeLowerIrql(irql);
    CHECK(outside == STATUS_UNSUCCESSFUL);
    WatchdogInDpc = STATUS_PENDING;
    KeInitializeDpc(&dpc, WatchdogDpc, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    CHECK(WatchdogInDpc == STATUS_SUCCESS);
    return 0;
}

static KBUGCHECK_CALLBACK_RECORD LastRecord;
static KBUGCHECK_REASON_CALLBACK_RECORD DataRecord, PagesRecord, IoRecord;
static UCHAR LastBuffer[32];

static VOID NTAPI OnBugCheck(PVOID buffer, ULONG length)
{
    *(PUCHAR)buffer = 0x5A;
    DbgPrint("last word: %u bytes at IRQL %u, state %u", length, KeGetCurrentIrql(), LastRecord.State);
}

static VOID NTAPI OnReason(KBUGCHECK_CALLBACK_REASON reason, PKBUGCHECK_REASON_CALLBACK_RECORD record, PVOID data,
    ULONG length)
{
    if (reason == KbCallbackSecondaryDumpData) {
        PKBUGCHECK_SECONDARY_DUMP_DATA dump = data;
        RtlFillMemory(dump->InBuffer, dump->InBufferLength, 0x77);
        dump->OutBuffer = dump->InBuffer;
        dump->OutBufferLength = 16;
        DbgPrint("dump data: %u, buffer said 0x%x", length == sizeof *dump && record == &DataRecord, LastBuffer[0]);
    } else {
        PKBUGCHECK_ADD_PAGES pages = data;
        DbgPrint("reason %u: bug check 0x%x", reason, pages->BugCheckCode);
    }
}

static ULONG BugCheckCallbacksAreRegistered(PDEVICE_OBJECT device)
{
    KeInitializeCallbackRecord((&LastRecord));
    KeInitializeCallbackRecord((&DataRecord));
    CHECK(!KeDeregisterBugCheckCallback(&LastRecord));
    CHECK(KeRegisterBugCheckCallback(&LastRecord, OnBugCheck, LastBuffer, sizeof LastBuffer, (PUCHAR)"services"));
    CHECK(!KeRegisterBugCheckCallback(&LastRecord, OnBugCheck, LastBuffer, sizeof LastBuffer, (PUCHAR)"services"));
    CHECK(KeDeregisterBugCheckCallback(&LastRecord));
    CHECK(!KeRegisterBugCheckReasonCallback(&DataRecord, OnReason, KbCallbackInvalid, (PUCHAR)"services"));
    CHECK(KeRegisterBugCheckReasonCallback(&DataRecord, OnReason, KbCallbackSecondaryDumpData, (PUCHAR)"services"));
    CHECK(KeDeregisterBugCheckReasonCallback(&DataRecord));
    return 0;
}

static VOID StopTheMachine(VOID)
{
    KeRegisterBugCheckCallback(&LastRecord, OnBugCheck, LastBuffer, sizeof LastBuffer, (PUCHAR)"services");
    KeRegisterBugCheckReasonCallback(&DataRecord, OnReason, KbCallbackSecondaryDumpData, (PUCHAR)"services");
    KeRegisterBugCheckReasonCallback(&IoRecord, OnReason, KbCallbackDumpIo, (PUCHAR)"services");
    KeRegisterBugCheckReasonCallback(&PagesRecord, OnReason, KbCallbackAddPages, (PUCHAR)"services");
    KeBugCheckEx(0xDEAD, 1, 2, 3, 4);
}

static VOID NTAPI ReportImage(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO image)
{
    DbgPrint("image %wZ: process %p, system %u, addressing %u, begins %x, %u bytes", name, process,
        image->SystemModeImage, image->ImageAddressingMode, *(const USHORT *)image->ImageBase, (ULONG)image->ImageSize);
}

static NTSTATUS EndByHardError(PDEVICE_OBJECT device, PIRP irp)
{
    IoMarkIrpPending(irp);
    irp->IoStatus.Status = STATUS_DEVICE_NOT_READY;
    IoSetHardErrorOrVerifyDevice(irp, device);
    IoRaiseHardError(irp, NULL, device);
    return STATUS_PENDING;
}

/* The driver's own device: the system may do everything, and others what the list says. */
static ULONG AccessIsChecked(PDEVICE_OBJECT device)
{
    GENERIC_MAPPING mapping = { FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS };
    SECURITY_SUBJECT_CONTEXT subject;
    SE_DESCRIPTOR descriptor;
    PSECURITY_DESCRIPTOR assigned;
    ACCESS_MASK granted;
    NTSTATUS status;
    PACL acl = (PACL)descriptor.Acl;

    RtlCreateSecurityDescriptor(&descriptor.Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl(acl, sizeof descriptor.Acl, ACL_REVISION);
    RtlSetDaclSecurityDescriptor(&descriptor.Descriptor, TRUE, acl, FALSE);
    RtlAddAccessAllowedAce(acl, ACL_REVISION, GENERIC_READ, SeExports->SeWorldSid);
    SeCaptureSubjectContext(&subject);
    CHECK(subject.PrimaryToken != NULL && subject.ClientToken == NULL);
    SeLockSubjectContext(&subject);
    CHECK(SeAccessCheck(&descriptor.Descriptor, &subject, TRUE, FILE_READ_DATA, 0, NULL, &mapping, UserMode, &granted,
        &status) && granted == FILE_READ_DATA && status == STATUS_SUCCESS);
    CHECK(!SeAccessCheck(&descriptor.Descriptor, &subject, TRUE, FILE_WRITE_DATA, 0, NULL, &mapping, UserMode, &granted,
        &status) && granted == 0 && status == STATUS_ACCESS_DENIED);
    CHECK(SeAccessCheck(&descriptor.Descriptor, &subject, TRUE, MAXIMUM_ALLOWED, 0, NULL, &mapping, UserMode, &granted,
        &status) && granted == FILE_GENERIC_READ);
    CHECK(SeAccessCheck(&descriptor.Descriptor, &subject, TRUE, FILE_WRITE_DATA, 0, NULL, &mapping, KernelMode, &granted,
        &status));
    SeUnlockSubjectContext(&subject);
    CHECK(SeAssignSecurity(NULL, &descriptor.Descriptor, &assigned, FALSE, &subject, &mapping, PagedPool)
        == STATUS_SUCCESS);
    CHECK(SeValidSecurityDescriptor(RtlLengthSecurityDescriptor(assigned), assigned));
    CHECK(!SeValidSecurityDescriptor(sizeof(SECURITY_DESCRIPTOR), assigned));
    CHECK(SeAccessCheck(assigned, &subject, FALSE, FILE_READ_DATA, 0, NULL, &mapping, UserMode, &granted, &status));
    CHECK(SeDeassignSecurity(&assigned) == STATUS_SUCCESS && assigned == NULL);
    SeReleaseSubjectContext(&subject);
    CHECK(subject.PrimaryToken == NULL);
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(WellKnownIdentifiers),
    CHECK_CASE_OF(IdentifiersAreBuilt),
    CHECK_CASE_OF(DescriptorsAreBuilt),
    CHECK_CASE_OF(ObjectsHaveDescriptors),
    CHECK_CASE_OF(MappingsAreReserved),
    CHECK_CASE_OF(NotificationsAreRegistered),
    CHECK_CASE_OF(WatchdogKnowsDpcs),
    CHECK_CASE_OF(BugCheckCallbacksAreRegistered),
    CHECK_CASE_OF(AccessIsChecked),
};

static NTSTATUS ServicesControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    switch (number) {
    case 100:
        StopTheMachine();
        return STATUS_UNSUCCESSFUL;
    case 101:
        return PsSetLoadImageNotifyRoutine(ReportImage);
    case 102:
        return EndByHardError(device, irp);
    default:
        return CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
    }
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilServices"), 0, ServicesControl, NULL };
