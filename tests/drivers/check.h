/*
 * Self-checking drivers: a table of test functions, run by control requests. Number 0 runs all of them, number n the
 * n-th. A test returns 0 or the line of its first check that failed, which goes to DbgPrint and, if there is room, into
 * the output buffer as a ULONG; the request then fails with STATUS_UNSUCCESSFUL.
 */

#ifndef CHECK_H
#define CHECK_H

#include "legacy.h"

typedef ULONG CHECK_TEST(PDEVICE_OBJECT device);

typedef struct CHECK_CASE {
    PCSTR Name;
    CHECK_TEST *Test;
} CHECK_CASE;

#define CHECK_CASE_OF(Function) { #Function, Function }

#define CHECK(Expression)                               \
    do {                                                \
        if (!(Expression)) {                            \
            DbgPrint("%d:%s\n", __LINE__, #Expression); \
            return __LINE__;                            \
        }                                               \
    } while (0)

/* For functions that return nothing, such as DPCs: the number of a line that failed is kept and checked later. */
#define CHECK_INTO(Line, Expression)                    \
    do {                                                \
        if (!(Expression) && (Line) == 0) {             \
            DbgPrint("%d:%s\n", __LINE__, #Expression); \
            (Line) = __LINE__;                          \
        }                                               \
    } while (0)

/* Passes a failure of a called function on. */
#define CHECK_CALL(Call)           \
    do {                           \
        ULONG checkLine_ = (Call); \
        if (checkLine_ != 0)       \
            return checkLine_;     \
    } while (0)

static inline ULONG CheckOne(const CHECK_CASE *test, PDEVICE_OBJECT device)
{
    KIRQL irql = KeGetCurrentIrql();
    ULONG line = test->Test(device);

    if (KeGetCurrentIrql() != irql) {
        DbgPrint("%s returned at IRQL %d, was called at %d\n", test->Name, KeGetCurrentIrql(), irql);
        return 1;
    }
    DbgPrint("%s %s\n", test->Name, line == 0 ? "ok" : "FAILED");
    return line;
}

static inline NTSTATUS CheckRun(const CHECK_CASE *tests, ULONG count, PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG first = number == 0 ? 1 : number;
    ULONG last = number == 0 ? count : number;
    ULONG line = 0;
    ULONG i;

    if (last > count)
        return STATUS_INVALID_DEVICE_REQUEST;
    for (i = first; i <= last && line == 0; i++)
        line = CheckOne(&tests[i - 1], device);

    if (stack->Parameters.DeviceIoControl.OutputBufferLength >= sizeof(ULONG)) {
        *(PULONG)irp->AssociatedIrp.SystemBuffer = line;
        irp->IoStatus.Information = sizeof(ULONG);
    }
    return line == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

#endif
