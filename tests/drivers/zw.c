/*
 * Self-checking: system services that drivers call by their Zw names, and sections.
 */

#include <ntifs.h>
#include "check.h"

#define NOTIFY_NAME 1
#define NOTIFY_LAST_SET 4

/* Not in every edition of the headers. */
#ifndef TIMER_ALL_ACCESS
#define TIMER_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 3)
#endif

#ifndef SE_GROUP_ENABLED
#define SE_GROUP_ENABLED_BY_DEFAULT 2
#define SE_GROUP_ENABLED 4
#define SE_GROUP_OWNER 8
#endif

NTSYSAPI NTSTATUS NTAPI NtSetEvent(HANDLE event, PLONG previousState);
NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG informationClass, PVOID information, ULONG length,
                                                 PULONG returnLength);
NTKERNELAPI PCSTR NTAPI PsGetProcessImageFileName(PEPROCESS process);
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationThread(HANDLE thread, THREADINFOCLASS informationClass, PVOID information,
                                                 ULONG length, PULONG returnLength);

#ifndef DUPLICATE_SAME_ATTRIBUTES
#define DUPLICATE_SAME_ATTRIBUTES 4
#endif

typedef struct DIRECTORY_ENTRY {
    UNICODE_STRING Name;
    UNICODE_STRING TypeName;
} DIRECTORY_ENTRY;

typedef struct COALESCABLE_TIMER {
    LARGE_INTEGER DueTime;
    PVOID ApcRoutine;
    PVOID Context;
    PVOID WakeContext;
    ULONG Period;
    ULONG TolerableDelay;
    PBOOLEAN PreviousState;
} COALESCABLE_TIMER;

typedef struct BASIC_INFORMATION {
    ULONG Reserved, TimerResolution, PageSize, Pages, LowestPage, HighestPage, Granularity;
    ULONG_PTR LowestUser, HighestUser, Processors;
    CHAR NumberOfProcessors;
} BASIC_INFORMATION;

typedef struct TIME_INFORMATION {
    LARGE_INTEGER Boot, Now, Bias;
    ULONG ZoneId, Reserved;
    ULONGLONG BootBias, SleepBias;
} TIME_INFORMATION;

typedef struct PROCESSOR_TIMES {
    LARGE_INTEGER Idle, Kernel, User, Dpc, Interrupt;
    ULONG Interrupts;
} PROCESSOR_TIMES;

typedef struct MODULE {
    HANDLE Section;
    PVOID MappedBase, ImageBase;
    ULONG ImageSize, Flags;
    USHORT LoadOrderIndex, InitOrderIndex, LoadCount, OffsetToFileName;
    CHAR FullPathName[256];
} MODULE;

typedef struct MODULES {
    ULONG Count;
    MODULE Modules[8];
} MODULES;

static OBJECT_ATTRIBUTES Named(PUNICODE_STRING name, ULONG attributes)
{
    OBJECT_ATTRIBUTES made;

    InitializeObjectAttributes(&made, name, OBJ_KERNEL_HANDLE | attributes, NULL, NULL);
    return made;
}

static NTSTATUS Wait(HANDLE handle, LONG milliseconds)
{
    LARGE_INTEGER timeout = { .QuadPart = -10000LL * milliseconds };

    return ZwWaitForSingleObject(handle, FALSE, &timeout);
}

static ULONG EventsAreOpenedByName(PDEVICE_OBJECT device)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\HilZwEvent");
    OBJECT_ATTRIBUTES attributes = Named(&name, 0);
    HANDLE created, opened;
    LONG before;

    CHECK(ZwOpenEvent(&opened, EVENT_ALL_ACCESS, &attributes) == STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK(ZwCreateEvent(&created, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE) == STATUS_SUCCESS);
    CHECK(ZwOpenEvent(&opened, EVENT_ALL_ACCESS, &attributes) == STATUS_SUCCESS);
    CHECK(NtSetEvent(opened, &before) == STATUS_SUCCESS && before == 0);
    CHECK(Wait(created, 0) == STATUS_SUCCESS);
    CHECK(ZwOpenTimer(&opened, TIMER_ALL_ACCESS, &attributes) == STATUS_OBJECT_TYPE_MISMATCH);
    CHECK(ZwClose(created) == STATUS_SUCCESS && NtClose(opened) == STATUS_SUCCESS);
    CHECK(ZwOpenEvent(&opened, EVENT_ALL_ACCESS, &attributes) == STATUS_OBJECT_NAME_NOT_FOUND);
    return 0;
}

static PVOID RoutineOf(PCWSTR name)
{
    UNICODE_STRING text;

    RtlInitUnicodeString(&text, name);
    return MmGetSystemRoutineAddress(&text);
}

typedef NTSTATUS NTAPI QUERY_EVENT(HANDLE event, ULONG informationClass, PVOID information, ULONG length,
                                   PULONG returnLength);

static ULONG EventsTellTheirState(PDEVICE_OBJECT device)
{
    QUERY_EVENT *query = (QUERY_EVENT *)RoutineOf(L"ZwQueryEvent");
    struct {
        EVENT_TYPE Type;
        LONG State;
    } told;
    ULONG length = 0;
    HANDLE event;

    CHECK(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, TRUE) == STATUS_SUCCESS);
    CHECK(query(event, 0, &told, sizeof told, &length) == STATUS_SUCCESS && length == sizeof told);
    CHECK(told.Type == SynchronizationEvent && told.State != 0);
    CHECK(query(event, 0, &told, sizeof told, NULL) == STATUS_SUCCESS && told.State != 0); /* nobody took it */
    CHECK(query(event, 0, &told, 4, NULL) == STATUS_INFO_LENGTH_MISMATCH);
    CHECK(query(event, 1, &told, sizeof told, NULL) == STATUS_INVALID_INFO_CLASS);
    CHECK(query(ZwCurrentThread(), 0, &told, sizeof told, NULL) == STATUS_OBJECT_TYPE_MISMATCH);
    CHECK(ZwClearEvent(event) == STATUS_SUCCESS);
    CHECK(query(event, 0, &told, sizeof told, NULL) == STATUS_SUCCESS && told.State == 0);
    CHECK(ZwClose(event) == STATUS_SUCCESS);
    return 0;
}

static ULONG SeveralEventsAreWaitedFor(PDEVICE_OBJECT device)
{
    LARGE_INTEGER soon = { .QuadPart = -10000 };
    HANDLE events[3];
    LONG before = 7;
    ULONG i;

    for (i = 0; i < 3; i++)
        CHECK(ZwCreateEvent(&events[i], EVENT_ALL_ACCESS, NULL, NotificationEvent, i == 1) == STATUS_SUCCESS);
    CHECK(ZwWaitForMultipleObjects(3, events, WaitAny, FALSE, NULL) == STATUS_WAIT_0 + 1);
    CHECK(ZwWaitForMultipleObjects(2, events, WaitAll, FALSE, &soon) == STATUS_TIMEOUT);
    CHECK(ZwSetEvent(events[0], NULL) == STATUS_SUCCESS);
    CHECK(ZwWaitForMultipleObjects(2, events, WaitAll, FALSE, &soon) == STATUS_SUCCESS);
    CHECK(ZwWaitForMultipleObjects(0, events, WaitAll, FALSE, &soon) == STATUS_INVALID_PARAMETER_1);
    CHECK(ZwWaitForMultipleObjects(2, events, (WAIT_TYPE)2, FALSE, &soon) == STATUS_INVALID_PARAMETER_3);
    CHECK(ZwPulseEvent(events[0], &before) == STATUS_SUCCESS && before == 1 && Wait(events[0], 0) == STATUS_TIMEOUT);
    CHECK(ZwResetEvent(events[1], &before) == STATUS_SUCCESS && before == 1 && Wait(events[1], 0) == STATUS_TIMEOUT);
    CHECK(ZwResetEvent(events[1], &before) == STATUS_SUCCESS && before == 0);
    CHECK(ZwClose(events[0]) == STATUS_SUCCESS);
    events[0] = events[1];
    CHECK(ZwWaitForMultipleObjects(2, events, WaitAll, FALSE, &soon) == STATUS_INVALID_PARAMETER_MIX);
    CHECK(ZwClose(events[1]) == STATUS_SUCCESS && ZwClose(events[2]) == STATUS_SUCCESS);
    CHECK(ZwWaitForMultipleObjects(3, events, WaitAny, FALSE, &soon) == STATUS_INVALID_HANDLE);
    return 0;
}

static ULONG HandlesAreDuplicated(PDEVICE_OBJECT device)
{
    HANDLE event, second = NULL, thread;
    PUBLIC_OBJECT_BASIC_INFORMATION information;
    ULONG length = 0;

    CHECK(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE) == STATUS_SUCCESS);
    CHECK(ObIsKernelHandle(event) && !ObIsKernelHandle(ZwCurrentProcess()) && !ObIsKernelHandle((HANDLE)0x44));
    CHECK(ZwDuplicateObject(ZwCurrentProcess(), event, ZwCurrentProcess(), &second, SYNCHRONIZE, 0,
                            DUPLICATE_SAME_ATTRIBUTES) == STATUS_SUCCESS && second != event);
    CHECK(ZwQueryObject(second, ObjectBasicInformation, &information, sizeof information, &length) == STATUS_SUCCESS);
    CHECK(length == sizeof information && information.HandleCount == 2 && information.PointerCount >= 2);
    CHECK(information.GrantedAccess == SYNCHRONIZE);
    CHECK(ZwDuplicateObject(ZwCurrentProcess(), event, ZwCurrentProcess(), &second, 0, 0,
                            DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS) == STATUS_SUCCESS);
    CHECK(ZwSetEvent(event, NULL) == STATUS_INVALID_HANDLE && ZwSetEvent(second, NULL) == STATUS_SUCCESS);
    CHECK(ZwQueryObject(second, ObjectBasicInformation, &information, sizeof information, NULL) == STATUS_SUCCESS);
    CHECK(information.HandleCount == 2 && information.GrantedAccess == EVENT_ALL_ACCESS);
    CHECK(ZwDuplicateObject(ZwCurrentProcess(), second, NULL, NULL, 0, 0, 0) == STATUS_INVALID_PARAMETER);
    CHECK(ZwDuplicateObject(second, second, NULL, NULL, 0, 0, 1) == STATUS_OBJECT_TYPE_MISMATCH);
    CHECK(ZwDuplicateObject(ZwCurrentProcess(), second, NULL, NULL, 0, 0, DUPLICATE_CLOSE_SOURCE) == STATUS_SUCCESS);
    CHECK(ZwSetEvent(second, NULL) == STATUS_INVALID_HANDLE);

    CHECK(ZwDuplicateObject(ZwCurrentProcess(), ZwCurrentThread(), ZwCurrentProcess(), &thread, 0, 0,
                            DUPLICATE_SAME_ACCESS) == STATUS_SUCCESS);
    CHECK(ObIsKernelHandle(thread) && Wait(thread, 0) == STATUS_TIMEOUT && ZwClose(thread) == STATUS_SUCCESS);
    return 0;
}

static ULONG HandlesTellWhatTheyName(PDEVICE_OBJECT device)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\HilZwNamed"), event = RTL_CONSTANT_STRING(L"Event");
    OBJECT_ATTRIBUTES attributes = Named(&name, 0);
    union {
        OBJECT_NAME_INFORMATION Name;
        PUBLIC_OBJECT_TYPE_INFORMATION Type;
        WCHAR Room[128];
    } buffer;
    HANDLE handle;
    ULONG length;

    CHECK(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE) == STATUS_SUCCESS);
    CHECK(ZwQueryObject(handle, (OBJECT_INFORMATION_CLASS)1, &buffer, 8, &length) == STATUS_INFO_LENGTH_MISMATCH);
    CHECK(length == sizeof(OBJECT_NAME_INFORMATION) + name.Length + sizeof(WCHAR));
    CHECK(ZwQueryObject(handle, (OBJECT_INFORMATION_CLASS)1, &buffer, length, NULL) == STATUS_SUCCESS);
    CHECK(RtlEqualUnicodeString(&buffer.Name.Name, &name, FALSE));
    CHECK(ZwQueryObject(handle, ObjectTypeInformation, &buffer, 100, &length) == STATUS_INFO_LENGTH_MISMATCH);
    CHECK(ZwQueryObject(handle, ObjectTypeInformation, &buffer, length, NULL) == STATUS_SUCCESS);
    CHECK(RtlEqualUnicodeString(&buffer.Type.TypeName, &event, FALSE));
    CHECK((PUCHAR)buffer.Type.TypeName.Buffer >= (PUCHAR)&buffer + sizeof(buffer.Type));
    CHECK(ZwQueryObject(handle, ObjectBasicInformation, &buffer, 20, &length) == STATUS_INFO_LENGTH_MISMATCH);
    CHECK(ZwQueryObject(handle, (OBJECT_INFORMATION_CLASS)9, &buffer, 20, NULL) == STATUS_INVALID_INFO_CLASS);
    CHECK(ZwClose(handle) == STATUS_SUCCESS);
    CHECK(ZwQueryObject(handle, ObjectTypeInformation, &buffer, sizeof buffer, NULL) == STATUS_INVALID_HANDLE);
    return 0;
}

static ULONG DirectoriesAreListed(PDEVICE_OBJECT device)
{
    UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\HilZwFolder"), no = RTL_CONSTANT_STRING(L"\\HilZwNone");
    UNICODE_STRING root = RTL_CONSTANT_STRING(L"\\"), own = RTL_CONSTANT_STRING(L"HilZwFolder");
    UNICODE_STRING first = RTL_CONSTANT_STRING(L"\\HilZwFolder\\a"), second = RTL_CONSTANT_STRING(L"\\HilZwFolder\\B");
    OBJECT_ATTRIBUTES attributes = Named(&path, 0), absent = Named(&no, 0), top = Named(&root, 0);
    OBJECT_ATTRIBUTES firstAttributes = Named(&first, 0), secondAttributes = Named(&second, 0);
    DIRECTORY_ENTRY entries[40];
    ULONG context = 0, length = 0, i;
    HANDLE made, folder, events[2];

    CHECK(ZwOpenDirectoryObject(&folder, DIRECTORY_QUERY, &absent) == STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK(ZwCreateDirectoryObject(&made, DIRECTORY_ALL_ACCESS, &attributes) == STATUS_SUCCESS);
    CHECK(ZwOpenDirectoryObject(&folder, DIRECTORY_QUERY, &attributes) == STATUS_SUCCESS);
    CHECK(ZwQueryDirectoryObject(folder, entries, sizeof entries, FALSE, TRUE, &context, NULL)
        == STATUS_NO_MORE_ENTRIES);
    CHECK(ZwCreateEvent(&events[1], EVENT_ALL_ACCESS, &secondAttributes, NotificationEvent, FALSE) == STATUS_SUCCESS);
    CHECK(ZwCreateEvent(&events[0], EVENT_ALL_ACCESS, &firstAttributes, NotificationEvent, FALSE) == STATUS_SUCCESS);

    CHECK(ZwQueryDirectoryObject(folder, entries, sizeof entries, FALSE, TRUE, &context, &length) == STATUS_SUCCESS);
    CHECK(context == 2 && length == 3 * sizeof(DIRECTORY_ENTRY) + 2 * (sizeof(L"a") + sizeof(L"Event")));
    CHECK(entries[0].Name.Length == 2 && entries[0].Name.Buffer[0] == L'a' && entries[1].Name.Buffer[0] == L'B');
    CHECK(entries[1].TypeName.Length == 10 && entries[1].TypeName.Buffer[0] == L'E' && entries[2].Name.Buffer == NULL);
    CHECK(ZwQueryDirectoryObject(folder, entries, sizeof entries, FALSE, FALSE, &context, NULL)
        == STATUS_NO_MORE_ENTRIES);
    CHECK(ZwQueryDirectoryObject(folder, entries, sizeof entries, TRUE, TRUE, &context, NULL) == STATUS_SUCCESS);
    CHECK(context == 1 && entries[1].Name.Buffer == NULL);
    CHECK(ZwQueryDirectoryObject(folder, entries, 90, FALSE, TRUE, &context, &length) == STATUS_MORE_ENTRIES);
    CHECK(context == 1);
    CHECK(ZwQueryDirectoryObject(folder, entries, 70, FALSE, FALSE, &context, &length) == STATUS_BUFFER_TOO_SMALL);
    CHECK(length == 2 * sizeof(DIRECTORY_ENTRY) + sizeof(L"B") + sizeof(L"Event"));
    CHECK(ZwQueryDirectoryObject(events[0], entries, 70, FALSE, TRUE, &context, NULL) == STATUS_OBJECT_TYPE_MISMATCH);
    CHECK(ZwClose(folder) == STATUS_SUCCESS);

    CHECK(ZwOpenDirectoryObject(&folder, DIRECTORY_QUERY, &top) == STATUS_SUCCESS);
    CHECK(ZwQueryDirectoryObject(folder, entries, sizeof entries, FALSE, TRUE, &context, NULL) == STATUS_SUCCESS);
    for (i = 0; i < context && !RtlEqualUnicodeString(&entries[i].Name, &own, FALSE); i++)
        ;
    CHECK(i < context && entries[i].TypeName.Buffer[0] == L'D');
    CHECK(ZwClose(folder) == STATUS_SUCCESS && ZwClose(events[0]) == STATUS_SUCCESS);
    CHECK(ZwClose(events[1]) == STATUS_SUCCESS && ZwClose(made) == STATUS_SUCCESS);
    return 0;
}

static ULONG TimersOfHandlesExpire(PDEVICE_OBJECT device)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\HilZwTimer");
    OBJECT_ATTRIBUTES attributes = Named(&name, 0);
    LARGE_INTEGER soon = { .QuadPart = -10000 }, late = { .QuadPart = -10000LL * 1000 * 3600 };
    COALESCABLE_TIMER information = { .DueTime = soon };
    HANDLE timer, same;
    BOOLEAN state = TRUE;

    CHECK(ZwCreateTimer(&timer, TIMER_ALL_ACCESS, &attributes, (TIMER_TYPE)7) == STATUS_INVALID_PARAMETER_4);
    CHECK(ZwCreateTimer(&timer, TIMER_ALL_ACCESS, &attributes, NotificationTimer) == STATUS_SUCCESS);
    CHECK(ZwCreateTimer(&same, TIMER_ALL_ACCESS, &attributes, NotificationTimer) == STATUS_OBJECT_NAME_COLLISION);
    CHECK(ZwOpenTimer(&same, TIMER_ALL_ACCESS, &attributes) == STATUS_SUCCESS);
    CHECK(ZwSetTimer(timer, &soon, NULL, NULL, FALSE, -1, NULL) == STATUS_INVALID_PARAMETER_6);
    CHECK(ZwSetTimer(timer, &soon, NULL, NULL, FALSE, 0, &state) == STATUS_SUCCESS && !state);
    CHECK(Wait(same, 10000) == STATUS_SUCCESS);
    CHECK(ZwSetTimer(timer, &late, NULL, NULL, TRUE, 0, &state) == STATUS_TIMER_RESUME_IGNORED && state);
    CHECK(Wait(same, 1) == STATUS_TIMEOUT);
    CHECK(ZwCancelTimer(timer, &state) == STATUS_SUCCESS && !state);

    CHECK(ZwSetTimerEx(timer, (TIMER_SET_INFORMATION_CLASS)1, &information, sizeof(information))
        == STATUS_INVALID_INFO_CLASS);
    CHECK(ZwSetTimerEx(timer, TimerSetCoalescableTimer, &information, 8) == STATUS_INFO_LENGTH_MISMATCH);
    CHECK(ZwSetTimerEx(timer, TimerSetCoalescableTimer, &information, sizeof(information)) == STATUS_SUCCESS);
    CHECK(Wait(same, 10000) == STATUS_SUCCESS);
    CHECK(ZwCancelTimer(timer, &state) == STATUS_SUCCESS && state);
    CHECK(ZwSetTimer(timer, &late, NULL, NULL, FALSE, 0, NULL) == STATUS_SUCCESS);
    CHECK(ZwClose(timer) == STATUS_SUCCESS && ZwClose(same) == STATUS_SUCCESS);
    CHECK(ZwCancelTimer(timer, NULL) == STATUS_INVALID_HANDLE);
    return 0;
}

static ULONG SectionsAreMemory(PDEVICE_OBJECT device)
{
    LARGE_INTEGER size = { .QuadPart = 0x18000 }, none = { .QuadPart = 0 }, offset = { .QuadPart = 0x10004 };
    HANDLE section;
    PUCHAR first = NULL, second = NULL;
    SIZE_T firstSize = 0, secondSize = 0;

    CHECK(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &none, PAGE_READWRITE, SEC_COMMIT, NULL)
        == STATUS_INVALID_PARAMETER_4);
    CHECK(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, 3, SEC_COMMIT, NULL)
        == STATUS_INVALID_PAGE_PROTECTION);
    CHECK(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, 0, NULL)
        == STATUS_INVALID_PARAMETER_6);
    CHECK(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL)
        == STATUS_SUCCESS);
    CHECK(ZwMapViewOfSection(section, ZwCurrentProcess(), (PVOID *)&first, 0, 0, NULL, &firstSize, ViewUnmap, 0,
                             PAGE_READWRITE) == STATUS_SUCCESS);
    CHECK(firstSize == 0x18000 && (PVOID)first < MmHighestUserAddress && first[0x17fff] == 0);
    first[0x10000] = 42;
    CHECK(ZwMapViewOfSection(section, ZwCurrentProcess(), (PVOID *)&second, 0, 0, &offset, &secondSize, ViewUnmap, 0,
                             PAGE_READONLY) == STATUS_SUCCESS);
    CHECK(offset.QuadPart == 0x10000 && secondSize == 0x8000 && second[0] == 42);
    CHECK(ZwMapViewOfSection(section, ZwCurrentProcess(), (PVOID *)&second, 0, 0, NULL, &secondSize, ViewUnmap, 0,
                             PAGE_EXECUTE_READ) == STATUS_SECTION_PROTECTION);
    CHECK(ZwClose(section) == STATUS_SUCCESS); /* views keep the memory */
    CHECK(first[0x10000] == 42);
    CHECK(ZwUnmapViewOfSection(ZwCurrentProcess(), first + 5) == STATUS_SUCCESS);
    CHECK(!MmIsAddressValid(first) && second[0] == 42);
    CHECK(ZwUnmapViewOfSection(ZwCurrentProcess(), second) == STATUS_SUCCESS);
    CHECK(ZwUnmapViewOfSection(ZwCurrentProcess(), second) == STATUS_NOT_MAPPED_VIEW);
    return 0;
}

static ULONG SectionsAreMappedForTheSystem(PDEVICE_OBJECT device)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\HilZwSection");
    OBJECT_ATTRIBUTES attributes = Named(&name, 0);
    LARGE_INTEGER size = { .QuadPart = 5000 };
    HANDLE section, opened;
    PVOID object, view, other;
    SIZE_T viewSize = 0;

    CHECK(NtCreateSection(&section, SECTION_ALL_ACCESS, &attributes, &size, PAGE_READWRITE, SEC_COMMIT, NULL)
        == STATUS_SUCCESS);
    CHECK(ZwOpenSection(&opened, SECTION_MAP_READ, &attributes) == STATUS_SUCCESS);
    CHECK(ObReferenceObjectByHandle(opened, SECTION_MAP_READ, NULL, KernelMode, &object, NULL) == STATUS_SUCCESS);
    CHECK(MmMapViewInSystemSpace(object, &view, &viewSize) == STATUS_SUCCESS);
    CHECK(viewSize == 8192 && view > MmHighestUserAddress);
    RtlFillMemory(view, 8192, 0x5a);
    viewSize = 4096;
    CHECK(MmMapViewInSessionSpace(object, &other, &viewSize) == STATUS_SUCCESS && viewSize == 4096);
    CHECK(*(PUCHAR)other == 0x5a);
    CHECK(MmUnmapViewInSystemSpace(view) == STATUS_SUCCESS);
    CHECK(MmUnmapViewInSessionSpace(other) == STATUS_SUCCESS);
    CHECK(MmUnmapViewInSystemSpace(view) == STATUS_NOT_MAPPED_VIEW);
    viewSize = 9000;
    CHECK(MmMapViewInSystemSpace(object, &view, &viewSize) == STATUS_INVALID_VIEW_SIZE);
    ObDereferenceObject(object);
    CHECK(ZwClose(section) == STATUS_SUCCESS && ZwClose(opened) == STATUS_SUCCESS);
    return 0;
}

static ULONG PhysicalMemoryIsASection(PDEVICE_OBJECT device)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\PhysicalMemory");
    OBJECT_ATTRIBUTES attributes = Named(&name, OBJ_CASE_INSENSITIVE);
    PULONG memory = ExAllocatePoolWithTag(NonPagedPool, PAGE_SIZE, 'zHil');
    LARGE_INTEGER physical, start;
    HANDLE section;
    PULONG rom;
    PUCHAR view = NULL;
    SIZE_T viewSize = PAGE_SIZE;

    CHECK(memory != NULL);
    *memory = 0x12345678;
    physical = MmGetPhysicalAddress(memory);
    start = physical;
    CHECK(ZwOpenSection(&section, SECTION_ALL_ACCESS, &attributes) == STATUS_SUCCESS);
    CHECK(ZwMapViewOfSection(section, ZwCurrentProcess(), (PVOID *)&view, 0, 0, &start, &viewSize, ViewShare, 0,
                             PAGE_READWRITE | PAGE_NOCACHE) == STATUS_SUCCESS);
    CHECK(start.QuadPart <= physical.QuadPart && viewSize >= PAGE_SIZE);
    CHECK(*(PULONG)(view + (physical.QuadPart - start.QuadPart)) == 0x12345678);
    CHECK(ZwUnmapViewOfSection(ZwCurrentProcess(), view) == STATUS_SUCCESS);
    CHECK(*memory == 0x12345678);
    start.QuadPart = 0xf0000; /* the ROM below 1 MB is no RAM */
    view = NULL;
    viewSize = PAGE_SIZE;
    CHECK(ZwMapViewOfSection(section, ZwCurrentProcess(), (PVOID *)&view, 0, 0, &start, &viewSize, ViewShare, 0,
                             PAGE_READONLY) == STATUS_SUCCESS);
    rom = MmMapIoSpace(start, PAGE_SIZE, MmNonCached);
    CHECK(rom != NULL && READ_REGISTER_ULONG(rom) == READ_REGISTER_ULONG((PULONG)view));
    MmUnmapIoSpace(rom, PAGE_SIZE);
    start.QuadPart = 0x400; /* nor is the firmware's data area */
    rom = MmMapIoSpace(start, 0x100, MmNonCached);
    CHECK(rom != NULL);
    READ_REGISTER_ULONG(rom);
    MmUnmapIoSpace(rom, 0x100);
    CHECK(ZwUnmapViewOfSection(ZwCurrentProcess(), view) == STATUS_SUCCESS);
    CHECK(ZwClose(section) == STATUS_SUCCESS);
    ExFreePoolWithTag(memory, 'zHil');
    return 0;
}

static VOID NTAPI NoteItem(PVOID context)
{
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
}

static ULONG KeysTellOfChanges(PDEVICE_OBJECT device)
{
    UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\Software\\HilZw");
    UNICODE_STRING below = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\Software\\HilZw\\Below");
    UNICODE_STRING value = RTL_CONSTANT_STRING(L"Value");
    OBJECT_ATTRIBUTES attributes = Named(&path, 0), belowAttributes = Named(&below, 0);
    HANDLE key, same, subkey, changed;
    IO_STATUS_BLOCK status, second;
    WORK_QUEUE_ITEM item;
    KEVENT called;
    ULONG number = 1;

    CHECK(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL) == STATUS_SUCCESS);
    CHECK(ZwOpenKey(&same, KEY_ALL_ACCESS, &attributes) == STATUS_SUCCESS);
    CHECK(ZwCreateEvent(&changed, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE) == STATUS_SUCCESS);
    KeInitializeEvent(&called, SynchronizationEvent, FALSE);
    ExInitializeWorkItem(&item, NoteItem, &called);

    CHECK(ZwNotifyChangeKey(key, NULL, NULL, NULL, &status, 0x10, FALSE, NULL, 0, TRUE) == STATUS_INVALID_PARAMETER);
    CHECK(ZwNotifyChangeKey(key, changed, NULL, NULL, &status, NOTIFY_LAST_SET, FALSE, NULL, 0, TRUE)
        == STATUS_PENDING);
    CHECK(ZwCreateKey(&subkey, KEY_ALL_ACCESS, &belowAttributes, 0, NULL, 0, NULL) == STATUS_SUCCESS);
    CHECK(Wait(changed, 0) == STATUS_TIMEOUT);
    CHECK(ZwSetValueKey(same, &value, 0, REG_DWORD, &number, sizeof(number)) == STATUS_SUCCESS);
    CHECK(Wait(changed, 0) == STATUS_SUCCESS && status.Status == STATUS_NOTIFY_ENUM_DIR);

    CHECK(ZwNotifyChangeKey(same, NULL, (PIO_APC_ROUTINE)(ULONG_PTR)&item, (PVOID)DelayedWorkQueue, &second,
                            NOTIFY_NAME | NOTIFY_LAST_SET, TRUE, NULL, 0, TRUE) == STATUS_PENDING);
    CHECK(ZwDeleteKey(subkey) == STATUS_SUCCESS);
    CHECK(KeWaitForSingleObject(&called, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS);
    CHECK(second.Status == STATUS_NOTIFY_ENUM_DIR);
    CHECK(ZwDeleteValueKey(key, &value) == STATUS_SUCCESS); /* nobody waits: the next call hears of it */
    CHECK(ZwNotifyChangeKey(same, NULL, NULL, NULL, &second, NOTIFY_NAME, TRUE, NULL, 0, FALSE)
        == STATUS_NOTIFY_ENUM_DIR);

    CHECK(ZwNotifyChangeKey(same, changed, NULL, NULL, &second, NOTIFY_NAME, TRUE, NULL, 0, TRUE) == STATUS_PENDING);
    CHECK(ZwClose(same) == STATUS_SUCCESS);
    CHECK(Wait(changed, 0) == STATUS_SUCCESS && second.Status == STATUS_NOTIFY_CLEANUP);
    CHECK(ZwClose(subkey) == STATUS_SUCCESS && ZwDeleteKey(key) == STATUS_SUCCESS && ZwClose(key) == STATUS_SUCCESS);
    CHECK(ZwClose(changed) == STATUS_SUCCESS);
    return 0;
}

static ULONG FilesTellOfTheirVolume(PDEVICE_OBJECT device)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\HilZw");
    OBJECT_ATTRIBUTES attributes = Named(&name, 0);
    FILE_FS_DEVICE_INFORMATION kind;
    FILE_FS_SIZE_INFORMATION size;
    FILE_NETWORK_OPEN_INFORMATION network;
    IO_STATUS_BLOCK status;
    LARGE_INTEGER bytes = { .QuadPart = 4096 };
    HANDLE file, section;

    CHECK(ZwOpenFile(&file, FILE_GENERIC_READ, &attributes, &status, 7, 0) == STATUS_SUCCESS);
    CHECK(ZwQueryVolumeInformationFile(file, &status, &kind, 4, FileFsDeviceInformation)
        == STATUS_INFO_LENGTH_MISMATCH);
    CHECK(ZwQueryVolumeInformationFile(file, &status, &kind, sizeof(kind), FileFsDeviceInformation) == STATUS_SUCCESS);
    CHECK(kind.DeviceType == FILE_DEVICE_UNKNOWN && status.Information == sizeof(kind));
    CHECK(ZwQueryVolumeInformationFile(file, &status, &size, sizeof(size), FileFsSizeInformation)
        == STATUS_INVALID_DEVICE_REQUEST);
    CHECK(ZwQueryVolumeInformationFile(file, &status, &size, sizeof(size), (FS_INFORMATION_CLASS)99)
        == STATUS_INVALID_INFO_CLASS);
    CHECK(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &bytes, PAGE_READONLY, SEC_COMMIT, file)
        == STATUS_INVALID_FILE_FOR_SECTION);
    CHECK(ZwQueryFullAttributesFile(&attributes, &network) == STATUS_INVALID_DEVICE_REQUEST);
    CHECK(ZwClose(file) == STATUS_SUCCESS);
    return 0;
}

static ULONG ProcessesAndThreads(PDEVICE_OBJECT device)
{
    OBJECT_ATTRIBUTES attributes = Named(NULL, 0);
    CLIENT_ID id = { PsGetCurrentProcessId(), NULL };
    HANDLE process;
    PVOID object;
    LONG priority = 31;
    KAFFINITY affinity = 1;
    LUID luid, next;

    CHECK(ZwOpenProcess(&process, PROCESS_ALL_ACCESS, &attributes, &id) == STATUS_SUCCESS);
    CHECK(ObReferenceObjectByHandle(process, PROCESS_ALL_ACCESS, *PsProcessType, KernelMode, &object, NULL)
        == STATUS_SUCCESS && object == PsInitialSystemProcess);
    ObDereferenceObject(object);
    CHECK(ZwTerminateProcess(process, STATUS_SUCCESS) == STATUS_ACCESS_DENIED);
    CHECK(ZwClose(process) == STATUS_SUCCESS);
    CHECK(ZwOpenProcess(&process, PROCESS_ALL_ACCESS, &attributes, NULL) == STATUS_INVALID_PARAMETER_MIX);
    id.UniqueThread = PsGetCurrentThreadId();
    CHECK(ZwOpenProcess(&process, PROCESS_ALL_ACCESS, &attributes, &id) == STATUS_SUCCESS);
    CHECK(ZwClose(process) == STATUS_SUCCESS);
    id.UniqueThread = (PUCHAR)id.UniqueThread + 1; /* ids are multiples of 4 */
    CHECK(ZwOpenProcess(&process, PROCESS_ALL_ACCESS, &attributes, &id) == STATUS_INVALID_CID);
    id.UniqueThread = NULL;
    id.UniqueProcess = (HANDLE)0x12344;
    CHECK(ZwOpenProcess(&process, PROCESS_ALL_ACCESS, &attributes, &id) == STATUS_INVALID_CID);

    CHECK(ZwSetInformationThread(ZwCurrentThread(), ThreadPriority, &priority, 8) == STATUS_INFO_LENGTH_MISMATCH);
    CHECK(ZwSetInformationThread(ZwCurrentThread(), ThreadPriority, &priority, 4) == STATUS_SUCCESS);
    CHECK(KeQueryPriorityThread(KeGetCurrentThread()) == 31);
    priority = 0;
    CHECK(ZwSetInformationThread(ZwCurrentThread(), ThreadBasePriority, &priority, 4) == STATUS_SUCCESS);
    CHECK(KeQueryPriorityThread(KeGetCurrentThread()) == 8);
    CHECK(ZwSetInformationThread(ZwCurrentThread(), ThreadAffinityMask, &affinity, sizeof(affinity))
        == STATUS_SUCCESS);
    CHECK(ZwSetInformationThread(ZwCurrentThread(), ThreadPriority, &priority, 4) == STATUS_INVALID_PARAMETER);
    CHECK(ZwSetInformationThread(ZwCurrentProcess(), ThreadPriority, &priority, 4) == STATUS_OBJECT_TYPE_MISMATCH);

    CHECK(ZwAllocateLocallyUniqueId(&luid) == STATUS_SUCCESS && luid.LowPart >= 1001);
    CHECK(ZwAllocateLocallyUniqueId(&next) == STATUS_SUCCESS && next.LowPart == luid.LowPart + 1);
    return 0;
}

static ULONG TheProcessTellsAboutItself(PDEVICE_OBJECT device)
{
    PROCESS_BASIC_INFORMATION basic;
    UNICODE_STRING image = { 1, 1, NULL };
    ULONG_PTR port = 1;
    KAPC_STATE state;
    HANDLE event;
    ULONG length;

    CHECK(ZwQueryInformationProcess(ZwCurrentProcess(), ProcessBasicInformation, &basic, 8, &length)
        == STATUS_INFO_LENGTH_MISMATCH && length == sizeof basic);
    CHECK(ZwQueryInformationProcess(ZwCurrentProcess(), ProcessBasicInformation, &basic, sizeof basic, NULL)
        == STATUS_SUCCESS);
    CHECK(basic.ExitStatus == STATUS_PENDING && basic.PebBaseAddress == NULL && basic.AffinityMask == 1);
    CHECK(basic.BasePriority == 8 && (HANDLE)basic.UniqueProcessId == PsGetCurrentProcessId());
    CHECK(ZwQueryInformationProcess(ZwCurrentProcess(), ProcessDebugPort, &port, sizeof port, NULL) == STATUS_SUCCESS
        && port == 0);
    CHECK(ZwQueryInformationProcess(ZwCurrentProcess(), ProcessImageFileName, &image, sizeof image, NULL)
        == STATUS_SUCCESS && image.Length == 0);
    CHECK(ZwQueryInformationProcess(ZwCurrentProcess(), (PROCESSINFOCLASS)999, &port, 8, NULL)
        == STATUS_INVALID_INFO_CLASS);
    CHECK(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE) == STATUS_SUCCESS);
    CHECK(ZwQueryInformationProcess(event, ProcessDebugPort, &port, 8, NULL) == STATUS_OBJECT_TYPE_MISMATCH);
    CHECK(ZwClose(event) == STATUS_SUCCESS);

    RtlFillMemory(&state, sizeof state, 0x5a);
    KeStackAttachProcess((PKPROCESS)PsInitialSystemProcess, &state);
    CHECK(PsGetCurrentProcess() == PsInitialSystemProcess && KeGetCurrentIrql() == PASSIVE_LEVEL);
    KeUnstackDetachProcess(&state);
    CHECK(PsGetCurrentProcess() == PsInitialSystemProcess);
    KeAttachProcess((PKPROCESS)PsInitialSystemProcess);
    CHECK(PsGetCurrentProcess() == PsInitialSystemProcess && KeGetCurrentIrql() == PASSIVE_LEVEL);
    KeDetachProcess();
    CHECK(PsGetCurrentProcess() == PsInitialSystemProcess);
    return 0;
}

static VOID NTAPI EndAtOnce(PVOID context)
{
}

static ULONG ThreadsAreOpenedByTheirId(PDEVICE_OBJECT device)
{
    OBJECT_ATTRIBUTES attributes = Named(NULL, 0);
    CLIENT_ID id = { PsGetCurrentProcessId(), PsGetCurrentThreadId() };
    HANDLE thread;
    PVOID object;
    ULONG length;
    PAGE_PRIORITY_INFORMATION pages = { 0 };

    CHECK(ZwOpenThread(&thread, THREAD_ALL_ACCESS, &attributes, &id) == STATUS_SUCCESS);
    CHECK(ObReferenceObjectByHandle(thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &object, NULL)
        == STATUS_SUCCESS && object == KeGetCurrentThread());
    ObDereferenceObject(object);
    CHECK(ZwQueryInformationThread(thread, ThreadPagePriority, &pages, 8, &length) == STATUS_INFO_LENGTH_MISMATCH);
    CHECK(length == sizeof pages);
    CHECK(ZwQueryInformationThread(thread, ThreadPagePriority, &pages, sizeof pages, NULL) == STATUS_SUCCESS);
    CHECK(pages.PagePriority == 5);
    pages.PagePriority = 2;
    CHECK(ZwSetInformationThread(thread, ThreadPagePriority, &pages, sizeof pages) == STATUS_SUCCESS);
    pages.PagePriority = 6;
    CHECK(ZwSetInformationThread(thread, ThreadPagePriority, &pages, sizeof pages) == STATUS_INVALID_PARAMETER);
    CHECK(ZwQueryInformationThread(ZwCurrentThread(), ThreadPagePriority, &pages, sizeof pages, NULL)
        == STATUS_SUCCESS && pages.PagePriority == 2);
    pages.PagePriority = 5;
    CHECK(ZwSetInformationThread(thread, ThreadPagePriority, &pages, sizeof pages) == STATUS_SUCCESS);
    CHECK(ZwQueryInformationThread(thread, (THREADINFOCLASS)999, &pages, 4, NULL) == STATUS_INVALID_INFO_CLASS);
    CHECK(ZwQueryInformationThread(ZwCurrentProcess(), ThreadPagePriority, &pages, 4, NULL)
        == STATUS_OBJECT_TYPE_MISMATCH);
    CHECK(ZwClose(thread) == STATUS_SUCCESS);

    id.UniqueThread = (HANDLE)0x7ffffff0;
    CHECK(ZwOpenThread(&thread, THREAD_ALL_ACCESS, &attributes, &id) == STATUS_INVALID_CID);
    id.UniqueThread = PsGetCurrentThreadId();
    id.UniqueProcess = (HANDLE)0x12344;
    CHECK(ZwOpenThread(&thread, THREAD_ALL_ACCESS, &attributes, &id) == STATUS_INVALID_CID);
    CHECK(ZwOpenThread(&thread, THREAD_ALL_ACCESS, &attributes, NULL) == STATUS_INVALID_PARAMETER_MIX);

    CHECK(KeSetKernelStackSwapEnable(FALSE) == TRUE);
    CHECK(KeSetKernelStackSwapEnable(TRUE) == FALSE);
    return 0;
}

static ULONG TheTokenIsTheSystems(PDEVICE_OBJECT device)
{
    union {
        TOKEN_USER User;
        TOKEN_OWNER Owner;
        TOKEN_GROUPS Groups;
        TOKEN_SOURCE Source;
        TOKEN_TYPE Type;
        UCHAR Bytes[256];
    } answer;
    HANDLE token, none;
    ULONG length = 0, i;

    CHECK(ZwOpenProcessTokenEx(ZwCurrentThread(), TOKEN_QUERY, OBJ_KERNEL_HANDLE, &token)
        == STATUS_OBJECT_TYPE_MISMATCH);
    CHECK(ZwOpenProcessTokenEx(ZwCurrentProcess(), TOKEN_QUERY, OBJ_KERNEL_HANDLE, &token) == STATUS_SUCCESS);
    CHECK(ZwOpenThreadTokenEx(ZwCurrentThread(), TOKEN_QUERY, TRUE, OBJ_KERNEL_HANDLE, &none) == STATUS_NO_TOKEN);

    CHECK(ZwQueryInformationToken(token, TokenUser, NULL, 0, &length) == STATUS_BUFFER_TOO_SMALL);
    CHECK(length == sizeof(TOKEN_USER) + RtlLengthSid(SeExports->SeLocalSystemSid));
    CHECK(ZwQueryInformationToken(token, TokenUser, &answer, length, &length) == STATUS_SUCCESS);
    CHECK(RtlEqualSid(answer.User.User.Sid, SeExports->SeLocalSystemSid) && answer.User.User.Attributes == 0);
    CHECK((PUCHAR)answer.User.User.Sid + RtlLengthSid(answer.User.User.Sid) == answer.Bytes + length);
    CHECK(ZwQueryInformationToken(token, TokenOwner, &answer, sizeof answer, &length) == STATUS_SUCCESS);
    CHECK(RtlEqualSid(answer.Owner.Owner, SeExports->SeAliasAdminsSid));
    CHECK(ZwQueryInformationToken(token, TokenPrimaryGroup, &answer, sizeof answer, &length) == STATUS_SUCCESS);
    CHECK(RtlEqualSid(answer.Owner.Owner, SeExports->SeLocalSystemSid));
    CHECK(ZwQueryInformationToken(token, TokenGroups, &answer, sizeof answer, &length) == STATUS_SUCCESS);
    CHECK(answer.Groups.GroupCount == 3);
    CHECK(RtlEqualSid(answer.Groups.Groups[0].Sid, SeExports->SeAliasAdminsSid));
    CHECK(answer.Groups.Groups[0].Attributes == (SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED | SE_GROUP_OWNER));
    CHECK(RtlEqualSid(answer.Groups.Groups[1].Sid, SeExports->SeWorldSid));
    CHECK(RtlEqualSid(answer.Groups.Groups[2].Sid, SeExports->SeAuthenticatedUsersSid));
    for (i = 0; i < 3; i++)
        CHECK((PUCHAR)answer.Groups.Groups[i].Sid + RtlLengthSid(answer.Groups.Groups[i].Sid)
            <= answer.Bytes + length);
    CHECK(ZwQueryInformationToken(token, TokenSource, &answer, sizeof answer, &length) == STATUS_SUCCESS);
    CHECK(memcmp(answer.Source.SourceName, "*SYSTEM*", 8) == 0 && length == sizeof(TOKEN_SOURCE));
    CHECK(ZwQueryInformationToken(token, TokenType, &answer, sizeof answer, &length) == STATUS_SUCCESS);
    CHECK(answer.Type == TokenPrimary);
    CHECK(ZwQueryInformationToken(token, TokenImpersonationLevel, &answer, sizeof answer, &length)
        == STATUS_INVALID_INFO_CLASS);
    CHECK(ZwQueryInformationToken(ZwCurrentProcess(), TokenUser, &answer, sizeof answer, &length)
        == STATUS_OBJECT_TYPE_MISMATCH);
    CHECK(ZwClose(token) == STATUS_SUCCESS);
    return 0;
}

/* What the device's own routine for flushes and file system controls saw last. */
static IO_STACK_LOCATION SeenByFile;
static UCHAR SeenInput;

static NTSTATUS NTAPI FileRequest(PDEVICE_OBJECT device, PIRP irp)
{
    NTSTATUS status = STATUS_SUCCESS;

    SeenByFile = *IoGetCurrentIrpStackLocation(irp);
    irp->IoStatus.Information = 0;
    if (SeenByFile.MajorFunction == IRP_MJ_FILE_SYSTEM_CONTROL) {
        PUCHAR buffer = irp->AssociatedIrp.SystemBuffer;
        SeenInput = buffer[0];
        buffer[0]++;
        irp->IoStatus.Information = 1;
        status = SeenInput == 99 ? STATUS_IO_DEVICE_ERROR : STATUS_SUCCESS;
    }
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static ULONG FilesAreFlushedAndControlled(PDEVICE_OBJECT device)
{
    const ULONG Code = CTL_CODE(FILE_DEVICE_FILE_SYSTEM, 0x900, METHOD_BUFFERED, FILE_WRITE_DATA);
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\HilZw");
    OBJECT_ATTRIBUTES attributes = Named(&name, 0);
    PDRIVER_OBJECT driver = device->DriverObject;
    PDRIVER_DISPATCH flush = driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS];
    PDRIVER_DISPATCH control = driver->MajorFunction[IRP_MJ_FILE_SYSTEM_CONTROL];
    IO_STATUS_BLOCK status;
    UCHAR in = 7, out = 0;
    HANDLE reader, writer;

    CHECK(ZwOpenFile(&reader, FILE_GENERIC_READ, &attributes, &status, 7, 0) == STATUS_SUCCESS);
    CHECK(ZwOpenFile(&writer, FILE_GENERIC_WRITE, &attributes, &status, 7, 0) == STATUS_SUCCESS);
    CHECK(ZwFlushBuffersFile(writer, &status) == STATUS_INVALID_DEVICE_REQUEST);
    driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = FileRequest;
    driver->MajorFunction[IRP_MJ_FILE_SYSTEM_CONTROL] = FileRequest;
    CHECK(ZwFlushBuffersFile(reader, &status) == STATUS_ACCESS_DENIED);
    CHECK(ZwFlushBuffersFile(writer, &status) == STATUS_SUCCESS && status.Information == 0);
    CHECK(SeenByFile.MajorFunction == IRP_MJ_FLUSH_BUFFERS && SeenByFile.MinorFunction == 0);
    CHECK(ZwFlushBuffersFile(NULL, &status) == STATUS_INVALID_HANDLE);

    CHECK(ZwFsControlFile(reader, NULL, NULL, NULL, &status, Code, &in, 1, &out, 1) == STATUS_ACCESS_DENIED);
    CHECK(ZwFsControlFile(writer, NULL, NULL, NULL, &status, Code, &in, 1, &out, 1) == STATUS_SUCCESS);
    CHECK(SeenByFile.MajorFunction == IRP_MJ_FILE_SYSTEM_CONTROL
        && SeenByFile.MinorFunction == IRP_MN_USER_FS_REQUEST);
    CHECK(SeenByFile.Parameters.FileSystemControl.FsControlCode == Code);
    CHECK(SeenInput == 7 && out == 8 && status.Information == 1);
    driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = flush;
    driver->MajorFunction[IRP_MJ_FILE_SYSTEM_CONTROL] = control;
    CHECK(ZwClose(reader) == STATUS_SUCCESS && ZwClose(writer) == STATUS_SUCCESS);
    return 0;
}

typedef struct TOLD {
    ULONG Calls;
    ULONG Line; /* of what was wrong */
    PIO_STATUS_BLOCK Status;
} TOLD;

static VOID NTAPI RequestHasEnded(PVOID context, PIO_STATUS_BLOCK status, ULONG reserved)
{
    TOLD *told = context;

    told->Calls++;
    told->Status = status;
    CHECK_INTO(told->Line, KeGetCurrentIrql() == PASSIVE_LEVEL);
    CHECK_INTO(told->Line, reserved == 0);
    CHECK_INTO(told->Line, status->Status == STATUS_SUCCESS && status->Information == 1);
}

static ULONG RequestsTellOfTheirEnd(PDEVICE_OBJECT device)
{
    const ULONG Code = CTL_CODE(FILE_DEVICE_FILE_SYSTEM, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS);
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\HilZw");
    OBJECT_ATTRIBUTES attributes = Named(&name, 0);
    PDRIVER_OBJECT driver = device->DriverObject;
    PDRIVER_DISPATCH control = driver->MajorFunction[IRP_MJ_FILE_SYSTEM_CONTROL];
    IO_STATUS_BLOCK status;
    TOLD told = { 0 };
    UCHAR in = 7, out;
    HANDLE file;

    driver->MajorFunction[IRP_MJ_FILE_SYSTEM_CONTROL] = FileRequest;
    CHECK(ZwOpenFile(&file, FILE_GENERIC_READ, &attributes, &status, 7, 0) == STATUS_SUCCESS);
    CHECK(ZwFsControlFile(file, NULL, RequestHasEnded, &told, &status, Code, &in, 1, &out, 1) == STATUS_SUCCESS);
    CHECK(told.Calls == 1 && told.Line == 0 && told.Status == &status);

    KeEnterCriticalRegion(); /* keeps normal kernel APCs out */
    CHECK(ZwFsControlFile(file, NULL, RequestHasEnded, &told, &status, Code, &in, 1, &out, 1) == STATUS_SUCCESS);
    CHECK(told.Calls == 1);
    KeLeaveCriticalRegion();
    CHECK(told.Calls == 2 && told.Line == 0);

    in = 99; /* fails at once */
    CHECK(ZwFsControlFile(file, NULL, RequestHasEnded, &told, &status, Code, &in, 1, &out, 1)
        == STATUS_IO_DEVICE_ERROR);
    CHECK(told.Calls == 2);
    CHECK(ZwDeviceIoControlFile(file, NULL, RequestHasEnded, &told, &status, TEST_IOCTL(999), NULL, 0, NULL, 0)
        == STATUS_INVALID_DEVICE_REQUEST);
    CHECK(told.Calls == 2);
    driver->MajorFunction[IRP_MJ_FILE_SYSTEM_CONTROL] = control;
    CHECK(ZwClose(file) == STATUS_SUCCESS);
    return 0;
}

static ULONG ThreadsTellAboutThemselves(PDEVICE_OBJECT device)
{
    HANDLE handle;
    PVOID thread;

    CHECK(IoThreadToProcess(PsGetCurrentThread()) == PsInitialSystemProcess);
    CHECK(IoIsSystemThread(PsGetCurrentThread()) && !PsIsThreadTerminating(PsGetCurrentThread()));
    CHECK(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, EndAtOnce, NULL) == STATUS_SUCCESS);
    CHECK(ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, &thread, NULL) == STATUS_SUCCESS);
    CHECK(ZwWaitForSingleObject(handle, FALSE, NULL) == STATUS_SUCCESS && ZwClose(handle) == STATUS_SUCCESS);
    CHECK(PsIsThreadTerminating(thread));
    ObDereferenceObject(thread);
    return 0;
}

static ULONG TheProcessHasAName(PDEVICE_OBJECT device)
{
    PUNICODE_STRING path = NULL;

    CHECK(strcmp(PsGetProcessImageFileName(PsGetCurrentProcess()), "System") == 0);
    CHECK(SeLocateProcessImageName(PsInitialSystemProcess, &path) == STATUS_SUCCESS && path->Length == 0);
    ExFreePool(path);
    CHECK(KeSetIdealProcessorThread(KeGetCurrentThread(), 0) == 0);
    return 0;
}

static ULONG TheSystemTellsAboutItself(PDEVICE_OBJECT device)
{
    BASIC_INFORMATION basic;
    TIME_INFORMATION time;
    PROCESSOR_TIMES times;
    ULONG length = 0, performance[312 / sizeof(ULONG)];
    LARGE_INTEGER now;
    UCHAR debugger[2], rest[24];

    CHECK(ZwQuerySystemInformation(0, &basic, sizeof basic, &length) == STATUS_SUCCESS && length == sizeof basic);
    CHECK(basic.PageSize == PAGE_SIZE && basic.NumberOfProcessors == 1 && basic.Processors == 1);
    CHECK(basic.HighestPage - basic.LowestPage + 1 == basic.Pages && basic.TimerResolution == KeQueryTimeIncrement());
    CHECK(basic.HighestUser == (ULONG_PTR)MmHighestUserAddress && basic.LowestUser < basic.HighestUser);
    CHECK(ZwQuerySystemInformation(0, &basic, sizeof basic + 1, NULL) == STATUS_INFO_LENGTH_MISMATCH);

    CHECK(ZwQuerySystemInformation(2, performance, sizeof performance, &length) == STATUS_SUCCESS);
    CHECK(length == sizeof performance && performance[11] != 0 && performance[11] < basic.Pages);
    CHECK(performance[11] + performance[12] == performance[13]);

    CHECK(ZwQuerySystemInformation(3, &time, sizeof time, NULL) == STATUS_SUCCESS);
    KeQuerySystemTime(&now); /* inlined: the time of the last tick */
    CHECK(time.Boot.QuadPart < time.Now.QuadPart && time.Now.QuadPart < now.QuadPart + 10000000);
    CHECK(time.Bias.QuadPart == 0);
    CHECK(ZwQuerySystemInformation(3, &time, 8, &length) == STATUS_SUCCESS && length == 8);
    CHECK(ZwQuerySystemInformation(3, &time, sizeof time + 8, NULL) == STATUS_INFO_LENGTH_MISMATCH);

    CHECK(ZwQuerySystemInformation(8, &times, sizeof times, &length) == STATUS_SUCCESS && length == sizeof times);
    CHECK(times.Kernel.QuadPart != 0 && times.Idle.QuadPart <= times.Kernel.QuadPart && times.User.QuadPart == 0);
    CHECK(ZwQuerySystemInformation(23, rest, 24, &length) == STATUS_SUCCESS && length == 24);
    CHECK(ZwQuerySystemInformation(33, rest, 16, &length) == STATUS_SUCCESS && length == 16);
    CHECK(ZwQuerySystemInformation(35, debugger, 2, &length) == STATUS_SUCCESS && length == 2);
    CHECK(debugger[0] == KD_DEBUGGER_ENABLED && debugger[1] == KD_DEBUGGER_NOT_PRESENT);
    CHECK(ZwQuerySystemInformation(9999, rest, sizeof rest, &length) == STATUS_INVALID_INFO_CLASS);
    return 0;
}

static ULONG TheKernelListsItsImages(PDEVICE_OBJECT device)
{
    static MODULES list;
    ULONG length = 0, i;
    MODULE *own = NULL;

    CHECK(ZwQuerySystemInformation(11, &list, sizeof list.Count, &length) == STATUS_INFO_LENGTH_MISMATCH);
    CHECK(length >= FIELD_OFFSET(MODULES, Modules[2]) && length <= sizeof list);
    CHECK(ZwQuerySystemInformation(11, &list, sizeof list, &length) == STATUS_SUCCESS);
    CHECK(length == FIELD_OFFSET(MODULES, Modules) + list.Count * sizeof(MODULE));
    for (i = 0; i < list.Count; i++)
        if (list.Modules[i].ImageBase == device->DriverObject->DriverStart)
            own = &list.Modules[i];
    CHECK(own != NULL && own->ImageSize == device->DriverObject->DriverSize && own->LoadCount == 1);
    CHECK(_stricmp(own->FullPathName + own->OffsetToFileName, "zw.sys") == 0);
    CHECK(_stricmp(own->FullPathName, "\\SystemRoot\\System32\\drivers\\zw.sys") == 0);
    CHECK(strcmp(list.Modules[0].FullPathName + list.Modules[0].OffsetToFileName, "ntoskrnl.exe") == 0);
    return 0;
}

typedef NTSTATUS NTAPI RENAME_KEY(HANDLE key, PUNICODE_STRING name);

static ULONG KeysAreRenamed(PDEVICE_OBJECT device)
{
    RENAME_KEY *rename = (RENAME_KEY *)RoutineOf(L"ZwRenameKey");
    UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\Software\\HilOld");
    UNICODE_STRING newPath = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\Software\\HilNew");
    UNICODE_STRING child = RTL_CONSTANT_STRING(L"Child"), name = RTL_CONSTANT_STRING(L"HilNew");
    UNICODE_STRING two = RTL_CONSTANT_STRING(L"A\\B");
    OBJECT_ATTRIBUTES attributes = Named(&path, 0), below = Named(&child, 0), renamed = Named(&newPath, 0);
    HANDLE key, subkey, again;

    CHECK(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL) == STATUS_SUCCESS);
    below.RootDirectory = key;
    CHECK(ZwCreateKey(&subkey, KEY_ALL_ACCESS, &below, 0, NULL, 0, NULL) == STATUS_SUCCESS);
    CHECK(rename(key, &two) == STATUS_INVALID_PARAMETER);
    CHECK(rename(key, &name) == STATUS_SUCCESS);
    CHECK(ZwOpenKey(&again, KEY_READ, &attributes) == STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK(ZwOpenKey(&again, KEY_READ, &renamed) == STATUS_SUCCESS && ZwClose(again) == STATUS_SUCCESS);
    CHECK(ZwOpenKey(&again, KEY_READ, &below) == STATUS_SUCCESS && ZwClose(again) == STATUS_SUCCESS);
    CHECK(ZwCreateKey(&again, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL) == STATUS_SUCCESS);
    CHECK(rename(again, &name) == STATUS_CANNOT_DELETE);
    CHECK(ZwDeleteKey(again) == STATUS_SUCCESS && ZwClose(again) == STATUS_SUCCESS);
    CHECK(ZwDeleteKey(subkey) == STATUS_SUCCESS && ZwClose(subkey) == STATUS_SUCCESS);
    CHECK(ZwDeleteKey(key) == STATUS_SUCCESS && ZwClose(key) == STATUS_SUCCESS);
    return 0;
}

static ULONG PermanentObjectsAreMadeTemporary(PDEVICE_OBJECT device)
{
    UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\HilZwPermanent");
    OBJECT_ATTRIBUTES permanent = Named(&path, OBJ_PERMANENT), attributes = Named(&path, 0);
    HANDLE handle;
    PVOID object;

    CHECK(ZwCreateDirectoryObject(&handle, DIRECTORY_ALL_ACCESS, &permanent) == STATUS_SUCCESS);
    CHECK(ZwClose(handle) == STATUS_SUCCESS);
    CHECK(ZwOpenDirectoryObject(&handle, DIRECTORY_QUERY, &attributes) == STATUS_SUCCESS);
    CHECK(ObReferenceObjectByHandle(handle, DIRECTORY_QUERY, NULL, KernelMode, &object, NULL) == STATUS_SUCCESS);
    ObMakeTemporaryObject(object);
    CHECK(ZwClose(handle) == STATUS_SUCCESS);
    ObDereferenceObject(object);
    CHECK(ZwOpenDirectoryObject(&handle, DIRECTORY_QUERY, &attributes) == STATUS_OBJECT_NAME_NOT_FOUND);
    return 0;
}

static ULONG PowerAndScreen(PDEVICE_OBJECT device)
{
    UNICODE_STRING text = RTL_CONSTANT_STRING(L"shown on the screen");
    BOOLEAN alwaysOn = 7;

    CHECK(ZwPowerInformation(PlatformInformation, NULL, 0, &alwaysOn, 0) == STATUS_BUFFER_TOO_SMALL);
    CHECK(ZwPowerInformation(PlatformInformation, NULL, 0, NULL, 1) == STATUS_INVALID_PARAMETER);
    CHECK(ZwPowerInformation(PlatformInformation, NULL, 0, &alwaysOn, 1) == STATUS_SUCCESS && alwaysOn == FALSE);
    CHECK(ZwDisplayString(&text) == STATUS_SUCCESS);
    return 0;
}

static ULONG ServicesWithoutImages(PDEVICE_OBJECT device)
{
    UNICODE_STRING absent = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\NoSuch");
    UNICODE_STRING self = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\zw");
    OBJECT_ATTRIBUTES attributes = Named(&absent, 0);
    HANDLE key;

    CHECK(ZwLoadDriver(&absent) == STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL) == STATUS_SUCCESS);
    CHECK(ZwLoadDriver(&absent) == STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK(ZwUnloadDriver(&absent) == STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK(ZwDeleteKey(key) == STATUS_SUCCESS && ZwClose(key) == STATUS_SUCCESS);
    CHECK(ZwLoadDriver(&self) == STATUS_IMAGE_ALREADY_LOADED);
    return 0;
}

/* rtl.sys lies beside zw.sys. */
static ULONG ServicesAreLoadedAndUnloaded(PDEVICE_OBJECT device)
{
    UNICODE_STRING service = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\Beside");
    UNICODE_STRING value = RTL_CONSTANT_STRING(L"ImagePath");
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\HilRtl");
    static const WCHAR Path[] = L"\\SystemRoot\\System32\\drivers\\RTL.sys";
    OBJECT_ATTRIBUTES attributes = Named(&service, 0);
    PDEVICE_OBJECT other;
    PFILE_OBJECT file;
    HANDLE key;

    CHECK(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL) == STATUS_SUCCESS);
    CHECK(ZwSetValueKey(key, &value, 0, REG_EXPAND_SZ, (PVOID)Path, sizeof(Path)) == STATUS_SUCCESS);
    CHECK(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &other) == STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK(ZwLoadDriver(&service) == STATUS_SUCCESS);
    CHECK(ZwLoadDriver(&service) == STATUS_IMAGE_ALREADY_LOADED);
    CHECK(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &other) == STATUS_SUCCESS);
    CHECK(other->DriverObject != device->DriverObject);
    ObDereferenceObject(file);
    CHECK(ZwUnloadDriver(&service) == STATUS_SUCCESS);
    CHECK(ZwUnloadDriver(&service) == STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &other) == STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK(ZwDeleteKey(key) == STATUS_SUCCESS && ZwClose(key) == STATUS_SUCCESS);
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(EventsAreOpenedByName),
    CHECK_CASE_OF(EventsTellTheirState),
    CHECK_CASE_OF(SeveralEventsAreWaitedFor),
    CHECK_CASE_OF(HandlesAreDuplicated),
    CHECK_CASE_OF(HandlesTellWhatTheyName),
    CHECK_CASE_OF(DirectoriesAreListed),
    CHECK_CASE_OF(TimersOfHandlesExpire),
    CHECK_CASE_OF(SectionsAreMemory),
    CHECK_CASE_OF(SectionsAreMappedForTheSystem),
    CHECK_CASE_OF(PhysicalMemoryIsASection),
    CHECK_CASE_OF(KeysTellOfChanges),
    CHECK_CASE_OF(FilesTellOfTheirVolume),
    CHECK_CASE_OF(ProcessesAndThreads),
    CHECK_CASE_OF(TheProcessTellsAboutItself),
    CHECK_CASE_OF(ThreadsTellAboutThemselves),
    CHECK_CASE_OF(ThreadsAreOpenedByTheirId),
    CHECK_CASE_OF(TheTokenIsTheSystems),
    CHECK_CASE_OF(FilesAreFlushedAndControlled),
    CHECK_CASE_OF(RequestsTellOfTheirEnd),
    CHECK_CASE_OF(TheProcessHasAName),
    CHECK_CASE_OF(TheSystemTellsAboutItself),
    CHECK_CASE_OF(TheKernelListsItsImages),
    CHECK_CASE_OF(KeysAreRenamed),
    CHECK_CASE_OF(PermanentObjectsAreMadeTemporary),
    CHECK_CASE_OF(PowerAndScreen),
    CHECK_CASE_OF(ServicesWithoutImages),
    CHECK_CASE_OF(ServicesAreLoadedAndUnloaded),
};

static NTSTATUS ZwControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    UNICODE_STRING other = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\HilOther");

    switch (number) {
    case 100:
        return ZwLoadDriver(&other);
    case 101:
        return ZwUnloadDriver(&other);
    default:
        return CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
    }
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilZw"), 0, ZwControl, NULL };
