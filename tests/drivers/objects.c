/*
 * Self-checking: names, types and references of objects, exported variables.
 */

#include <ntifs.h>
#include "check.h"

#define TAG 'jbO '

NTKERNELAPI NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING name, ULONG attributes, PACCESS_STATE state,
    ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID context, PVOID *object);
NTKERNELAPI POBJECT_TYPE NTAPI ObGetObjectType(PVOID object);
extern NTKERNELAPI POBJECT_TYPE *IoDriverObjectType;
extern NTKERNELAPI POBJECT_TYPE *IoDeviceObjectType;
extern NTKERNELAPI POBJECT_TYPE *PsJobType;
extern NTKERNELAPI USHORT NlsAnsiCodePage;
extern NTKERNELAPI PUSHORT NlsLeadByteInfo;
extern NTKERNELAPI PVOID MmBadPointer;

typedef struct NAME_BUFFER {
    OBJECT_NAME_INFORMATION Information;
    WCHAR Characters[128];
} NAME_BUFFER;

static BOOLEAN IsNamed(PVOID object, PCWSTR expected)
{
    NAME_BUFFER buffer;
    UNICODE_STRING name;
    ULONG length;

    RtlInitUnicodeString(&name, expected);
    return ObQueryNameString(object, &buffer.Information, sizeof buffer, &length) == STATUS_SUCCESS
        && length == sizeof(OBJECT_NAME_INFORMATION) + name.Length + sizeof(WCHAR)
        && buffer.Information.Name.Buffer == buffer.Characters
        && RtlEqualUnicodeString(&buffer.Information.Name, &name, FALSE);
}

static ULONG ObjectsTellTheirNames(PDEVICE_OBJECT device)
{
    NAME_BUFFER buffer;
    ULONG length;

    CHECK(IsNamed(device, L"\\Device\\HilObjects"));
    CHECK(IsNamed(device->DriverObject, L"\\Driver\\objects"));
    CHECK(ObQueryNameString(device, NULL, 0, &length) == STATUS_INFO_LENGTH_MISMATCH);
    CHECK(length == sizeof(OBJECT_NAME_INFORMATION) + sizeof(L"\\Device\\HilObjects"));
    CHECK(ObQueryNameString(PsInitialSystemProcess, &buffer.Information, sizeof buffer, &length) == STATUS_SUCCESS);
    CHECK(length == sizeof(OBJECT_NAME_INFORMATION) && buffer.Information.Name.Buffer == NULL);
    return 0;
}

/* Opening its own device by another file name: the name goes on where the device's ends. */
static ULONG FilesTellTheirNames(PDEVICE_OBJECT device)
{
    UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\??\\HilObjects\\part");
    PDEVICE_OBJECT opened;
    PFILE_OBJECT file;

    CHECK(IoGetDeviceObjectPointer(&path, FILE_READ_DATA, &file, &opened) == STATUS_SUCCESS);
    CHECK(opened == device);
    CHECK(IsNamed(file, L"\\Device\\HilObjects\\part"));
    CHECK(ObGetObjectType(file) == *IoFileObjectType);
    ObDereferenceObject(file);
    return 0;
}

static ULONG KeysAreObjects(PDEVICE_OBJECT device)
{
    UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services");
    OBJECT_ATTRIBUTES attributes;
    HANDLE key, again;
    PVOID object, same;

    InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    CHECK(ZwOpenKey(&key, KEY_READ, &attributes) == STATUS_SUCCESS);
    CHECK(ObReferenceObjectByHandle(key, KEY_READ, *IoFileObjectType, KernelMode, &object, NULL)
        == STATUS_OBJECT_TYPE_MISMATCH);
    CHECK(ObReferenceObjectByHandle(key, KEY_READ, *CmKeyObjectType, KernelMode, &object, NULL) == STATUS_SUCCESS);
    CHECK(ObReferenceObjectByHandleWithTag(key, KEY_READ, *CmKeyObjectType, KernelMode, TAG, &same, NULL)
        == STATUS_SUCCESS);
    CHECK(object == same);
    ObDereferenceObjectWithTag(same, TAG);
    CHECK(ZwClose(key) == STATUS_SUCCESS);
    CHECK(IsNamed(object, L"\\Registry\\Machine\\System\\ControlSet001\\Services"));
    CHECK(ObOpenObjectByPointerWithTag(object, OBJ_KERNEL_HANDLE, NULL, KEY_READ, *CmKeyObjectType, KernelMode, TAG,
        &again) == STATUS_SUCCESS);
    CHECK(ZwFlushKey(again) == STATUS_SUCCESS);
    CHECK(ZwClose(again) == STATUS_SUCCESS);
    ObDereferenceObject(object);
    return 0;
}

static ULONG DriversAreFoundByName(PDEVICE_OBJECT device)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Driver\\objects");
    UNICODE_STRING none = RTL_CONSTANT_STRING(L"\\Driver\\nothing");
    PVOID found;

    CHECK(ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, NULL, 0, *IoDriverObjectType, KernelMode, NULL, &found)
        == STATUS_SUCCESS);
    CHECK(found == device->DriverObject);
    CHECK(ObGetObjectType(found) == *IoDriverObjectType && ObGetObjectType(device) == *IoDeviceObjectType);
    ObDereferenceObject(found);
    CHECK(ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, NULL, 0, *IoDeviceObjectType, KernelMode, NULL, &found)
        == STATUS_OBJECT_TYPE_MISMATCH);
    CHECK(ObReferenceObjectByName(&none, OBJ_CASE_INSENSITIVE, NULL, 0, *IoDriverObjectType, KernelMode, NULL, &found)
        == STATUS_OBJECT_NAME_NOT_FOUND);
    return 0;
}

static ULONG TaggedReferencesCount(PDEVICE_OBJECT device)
{
    CHECK(ObReferenceObjectByPointerWithTag(device, 0, *IoFileObjectType, KernelMode, TAG)
        == STATUS_OBJECT_TYPE_MISMATCH);
    CHECK(ObReferenceObjectByPointerWithTag(device, 0, *IoDeviceObjectType, KernelMode, TAG) == STATUS_SUCCESS);
    CHECK(ObfReferenceObjectWithTag(device, TAG) == ObfReferenceObject(device) - 1);
    ObDereferenceObjectDeferDeleteWithTag(device, TAG);
    ObDereferenceObject(device);
    ObDereferenceObjectWithTag(device, TAG);
    return 0;
}

static ULONG VariablesHoldWhatTheySay(PDEVICE_OBJECT device)
{
    CHECK(*PsJobType != NULL && *TmTransactionObjectType != NULL && *PsJobType != *TmTransactionObjectType);
    CHECK(NlsAnsiCodePage == 1252 && NlsLeadByteInfo[0x81] == 0);
    CHECK(Mm64BitPhysicalAddress);
    CHECK(MmBadPointer != NULL && !MmIsAddressValid(MmBadPointer));
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(ObjectsTellTheirNames),
    CHECK_CASE_OF(FilesTellTheirNames),
    CHECK_CASE_OF(KeysAreObjects),
    CHECK_CASE_OF(DriversAreFoundByName),
    CHECK_CASE_OF(TaggedReferencesCount),
    CHECK_CASE_OF(VariablesHoldWhatTheySay),
};

static NTSTATUS ObjectsControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilObjects"), 0, ObjectsControl, NULL };
