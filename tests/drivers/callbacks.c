/*
 * Self-checking: routines that the kernel calls when threads come and go and when the registry is used; power requests.
 */

#include <ntifs.h>
#include "check.h"

NTKERNELAPI POBJECT_TYPE NTAPI ObGetObjectType(PVOID object);

/* ---- Threads and processes ---- */

static LONG Created, Ended;
static HANDLE LastThread;

static VOID NTAPI OnThread(HANDLE process, HANDLE thread, BOOLEAN create)
{
    LastThread = thread;
    if (process == (HANDLE)4 && KeGetCurrentIrql() == PASSIVE_LEVEL)
        InterlockedIncrement(create ? &Created : &Ended);
}

static VOID EndAtOnce(PVOID context)
{
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static ULONG ThreadsAreAnnounced(PDEVICE_OBJECT device)
{
    CLIENT_ID client;
    HANDLE handle;
    PVOID thread;

    Created = Ended = 0;
    CHECK(PsSetCreateThreadNotifyRoutine(OnThread) == STATUS_SUCCESS);
    CHECK(NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, &client, EndAtOnce, NULL)));
    CHECK(NT_SUCCESS(ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, &thread, NULL)));
    ZwClose(handle);
    CHECK(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS);
    ObDereferenceObject(thread);
    CHECK(Created == 1 && Ended == 1 && LastThread == client.UniqueThread);
    CHECK(PsRemoveCreateThreadNotifyRoutine(OnThread) == STATUS_SUCCESS);
    CHECK(PsRemoveCreateThreadNotifyRoutine(OnThread) == STATUS_PROCEDURE_NOT_FOUND);
    CHECK(PsGetThreadProcessId(PsGetCurrentThread()) == PsGetCurrentProcessId());
    CHECK(PsGetProcessCreateTimeQuadPart(PsGetCurrentProcess()) > 0);
    return 0;
}

static PVOID RoutineOf(PCWSTR name)
{
    UNICODE_STRING text;

    RtlInitUnicodeString(&text, name);
    return MmGetSystemRoutineAddress(&text);
}

typedef NTSTATUS NTAPI SET_THREAD_ROUTINE(int type, PVOID routine);

static ULONG ThreadRoutinesHaveTypes(PDEVICE_OBJECT device)
{
    SET_THREAD_ROUTINE *set = (SET_THREAD_ROUTINE *)RoutineOf(L"PsSetCreateThreadNotifyRoutineEx");
    HANDLE handle;
    PVOID thread;

    Created = Ended = 0;
    CHECK(set(0, OnThread) == STATUS_SUCCESS && set(1, OnThread) == STATUS_SUCCESS);
    CHECK(set(2, OnThread) == STATUS_INVALID_PARAMETER);
    CHECK(NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, EndAtOnce, NULL)));
    CHECK(NT_SUCCESS(ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, &thread, NULL)));
    ZwClose(handle);
    CHECK(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS);
    ObDereferenceObject(thread);
    CHECK(Created == 1 && Ended == 1); /* it is a system thread */
    CHECK(PsRemoveCreateThreadNotifyRoutine(OnThread) == STATUS_SUCCESS);
    CHECK(PsRemoveCreateThreadNotifyRoutine(OnThread) == STATUS_SUCCESS);
    CHECK(PsRemoveCreateThreadNotifyRoutine(OnThread) == STATUS_PROCEDURE_NOT_FOUND);
    return 0;
}

static VOID NTAPI OnImage(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO information)
{
}

typedef NTSTATUS NTAPI SET_IMAGE_ROUTINE(PVOID routine, ULONG_PTR flags);

static ULONG ImageRoutinesHaveFlags(PDEVICE_OBJECT device)
{
    SET_IMAGE_ROUTINE *set = (SET_IMAGE_ROUTINE *)RoutineOf(L"PsSetLoadImageNotifyRoutineEx");

    CHECK(set(OnImage, 2) == STATUS_INVALID_PARAMETER_2);
    CHECK(set(OnImage, 1) == STATUS_SUCCESS);
    CHECK(PsRemoveLoadImageNotifyRoutine(OnImage) == STATUS_SUCCESS);
    CHECK(PsRemoveLoadImageNotifyRoutine(OnImage) == STATUS_PROCEDURE_NOT_FOUND);
    return 0;
}

static VOID NTAPI OnProcess(PEPROCESS process, HANDLE id, PPS_CREATE_NOTIFY_INFO information)
{
}

typedef NTSTATUS NTAPI SET_PROCESS_ROUTINE(int type, PVOID routine, BOOLEAN remove);

/* This image is not linked for integrity checks. */
static ULONG ProcessRoutineMustBeInAMarkedImage(PDEVICE_OBJECT device)
{
    SET_PROCESS_ROUTINE *set = (SET_PROCESS_ROUTINE *)RoutineOf(L"PsSetCreateProcessNotifyRoutineEx2");

    CHECK(PsSetCreateProcessNotifyRoutineEx(OnProcess, FALSE) == STATUS_ACCESS_DENIED);
    CHECK(PsSetCreateProcessNotifyRoutineEx(OnProcess, TRUE) == STATUS_INVALID_PARAMETER);
    CHECK(set(0, OnProcess, FALSE) == STATUS_ACCESS_DENIED && set(1, OnProcess, FALSE) == STATUS_INVALID_PARAMETER);
    return 0;
}

/* ---- Registry ---- */

typedef struct FILTER {
    LARGE_INTEGER Cookie;
    NTSTATUS SetStatus;
    LONG Opened;
    LONG Set;
    LONG SetEnded;
    LONG Closed;
    LONG CleanedUp;
    LONG Line;
} FILTER;

static UNICODE_STRING ServicePath =
    RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\callbacks");

static VOID OnSet(FILTER *filter, PREG_SET_VALUE_KEY_INFORMATION set)
{
    UNICODE_STRING value = RTL_CONSTANT_STRING(L"Depth");
    PCUNICODE_STRING name;
    ULONG_PTR id;

    filter->Set++;
    set->CallContext = filter;
    CHECK_INTO(filter->Line, RtlEqualUnicodeString(set->ValueName, &value, TRUE));
    CHECK_INTO(filter->Line, set->Type == REG_DWORD && set->DataSize == sizeof(ULONG));
    CHECK_INTO(filter->Line, ObGetObjectType(set->Object) == *CmKeyObjectType);
    CHECK_INTO(filter->Line, CmCallbackGetKeyObjectID(&filter->Cookie, set->Object, &id, &name) == STATUS_SUCCESS);
    CHECK_INTO(filter->Line, id != 0 && name->Length != 0);
    CHECK_INTO(filter->Line,
        CmSetCallbackObjectContext(set->Object, &filter->Cookie, filter, NULL) == STATUS_SUCCESS);
}

static NTSTATUS NTAPI OnRegistry(PVOID context, PVOID kind, PVOID information)
{
    PREG_POST_OPERATION_INFORMATION end = information;
    FILTER *filter = context;

    switch ((REG_NOTIFY_CLASS)(ULONG_PTR)kind) {
    case RegNtPostOpenKeyEx:
        filter->Opened += end->Status == STATUS_SUCCESS && end->Object != NULL;
        return STATUS_SUCCESS;
    case RegNtPreSetValueKey:
        OnSet(filter, information);
        return filter->SetStatus;
    case RegNtPostSetValueKey:
        filter->SetEnded += end->CallContext == filter && end->Status == STATUS_SUCCESS;
        return STATUS_SUCCESS;
    case RegNtPreKeyHandleClose:
        filter->Closed++;
        return STATUS_SUCCESS;
    case RegNtCallbackObjectContextCleanup:
        filter->CleanedUp += ((PREG_CALLBACK_CONTEXT_CLEANUP_INFORMATION)information)->ObjectContext == filter;
        return STATUS_SUCCESS;
    default:
        return STATUS_SUCCESS;
    }
}

static NTSTATUS SetDepth(HANDLE key, ULONG depth)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Depth");

    return ZwSetValueKey(key, &name, 0, REG_DWORD, &depth, sizeof depth);
}

static ULONG QueryDepth(HANDLE key)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Depth");
    struct { KEY_VALUE_PARTIAL_INFORMATION Head; ULONG Room; } value;
    ULONG length;

    return ZwQueryValueKey(key, &name, KeyValuePartialInformation, &value, sizeof value, &length) == STATUS_SUCCESS
        ? *(PULONG)value.Head.Data : 0;
}

static ULONG RegistryIsFiltered(PDEVICE_OBJECT device)
{
    UNICODE_STRING altitude = RTL_CONSTANT_STRING(L"385100");
    OBJECT_ATTRIBUTES attributes;
    FILTER filter;
    HANDLE key;
    ULONG major, minor;

    RtlZeroMemory(&filter, sizeof filter);
    CmGetCallbackVersion(&major, &minor);
    CHECK(major == 1 && minor >= 1);
    CHECK(CmRegisterCallbackEx(OnRegistry, &altitude, device->DriverObject, &filter, &filter.Cookie, NULL)
        == STATUS_SUCCESS);
    CHECK(CmRegisterCallbackEx(OnRegistry, &altitude, device->DriverObject, &filter, &filter.Cookie, NULL)
        == STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    InitializeObjectAttributes(&attributes, &ServicePath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    CHECK(ZwOpenKey(&key, KEY_ALL_ACCESS, &attributes) == STATUS_SUCCESS);
    CHECK(filter.Opened == 1);
    CHECK(SetDepth(key, 4) == STATUS_SUCCESS && QueryDepth(key) == 4);
    CHECK(filter.Set == 1 && filter.SetEnded == 1);
    filter.SetStatus = STATUS_ACCESS_DENIED;
    CHECK(SetDepth(key, 5) == STATUS_ACCESS_DENIED && QueryDepth(key) == 4);
    filter.SetStatus = STATUS_CALLBACK_BYPASS;
    CHECK(SetDepth(key, 6) == STATUS_SUCCESS && QueryDepth(key) == 4);
    CHECK(filter.Set == 3 && filter.SetEnded == 1);
    CHECK(ZwClose(key) == STATUS_SUCCESS);
    CHECK(filter.Closed == 1 && filter.CleanedUp == 1 && filter.Line == 0);
    CHECK(CmUnRegisterCallback(filter.Cookie) == STATUS_SUCCESS);
    CHECK(CmUnRegisterCallback(filter.Cookie) == STATUS_INVALID_PARAMETER);
    return 0;
}

/* ---- Power ---- */

static ULONG PowerRequestsAreMade(PDEVICE_OBJECT device)
{
    PVOID request;
    ULONG seconds;

    CHECK(PoCreatePowerRequest(&request, NULL, NULL) == STATUS_INVALID_PARAMETER && request == NULL);
    CHECK(PoCreatePowerRequest(&request, device, NULL) == STATUS_SUCCESS);
    CHECK(PoSetPowerRequest(request, PowerRequestDisplayRequired) == STATUS_NOT_SUPPORTED);
    CHECK(PoSetPowerRequest(request, PowerRequestSystemRequired) == STATUS_SUCCESS);
    CHECK(PoClearPowerRequest(request, PowerRequestSystemRequired) == STATUS_SUCCESS);
    PoDeletePowerRequest(request);
    CHECK(!PoQueryWatchdogTime(device, &seconds));
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(ThreadsAreAnnounced),
    CHECK_CASE_OF(ThreadRoutinesHaveTypes),
    CHECK_CASE_OF(ImageRoutinesHaveFlags),
    CHECK_CASE_OF(ProcessRoutineMustBeInAMarkedImage),
    CHECK_CASE_OF(RegistryIsFiltered),
    CHECK_CASE_OF(PowerRequestsAreMade),
};

static NTSTATUS CallbacksControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilCallbacks"), 0, CallbacksControl, NULL };
