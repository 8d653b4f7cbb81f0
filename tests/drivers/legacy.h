/*
 * A driver without hardware for tests: one device \Device\<Name>, link \DosDevices\<Name>, which hands each
 * IRP_MJ_DEVICE_CONTROL to one function. The number in a request is what TEST_IOCTL(number) carries.
 */

#ifndef LEGACY_H
#define LEGACY_H

#include <ntddk.h>

#define TEST_IOCTL(Number) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (Number), METHOD_BUFFERED, FILE_ANY_ACCESS)
#define TEST_IOCTL_NUMBER(Code) ((((Code) >> 2) & 0xfff) - 0x800)

/* Returns the status to complete the request with (Information is irp->IoStatus.Information), or STATUS_PENDING. */
typedef NTSTATUS LEGACY_CONTROL(PDEVICE_OBJECT device, PIRP irp, ULONG number);

/* Called at the end of DriverEntry; may be NULL. */
typedef NTSTATUS LEGACY_INITIALIZE(PDRIVER_OBJECT driver, PDEVICE_OBJECT device);

typedef struct LEGACY_DRIVER {
    UNICODE_STRING Device;
    UNICODE_STRING Link;
    ULONG ExtensionSize;
    LEGACY_CONTROL *Control;
    LEGACY_INITIALIZE *Initialize;
} LEGACY_DRIVER;

/* The driver's source file defines this one. */
extern LEGACY_DRIVER LegacyDriver;

#define LEGACY_NAMES(Name) RTL_CONSTANT_STRING(L"\\Device\\" Name), RTL_CONSTANT_STRING(L"\\DosDevices\\" Name)

#endif
