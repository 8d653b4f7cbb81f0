/*
 * Self-checking: a driver that waits on the clock in every way there is, while a timer's DPC cuts in. What it saw of the
 * time is printed, so a replay must show it the very same.
 */

#include "check.h"

#define WAIT_100NS 20000 /* 2 ms */
#define LOOPS_MAX 100000000

static volatile LONG TimerSeen;
static volatile LONG64 TimerSawTime;

static VOID ClocksDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    TimerSawTime = (LONG64)KeQueryInterruptTime();
    InterlockedIncrement(&TimerSeen);
}

static KTIMER Timer;
static KDPC TimerDpc;

static VOID BeginTimer(VOID)
{
    LARGE_INTEGER due = { .QuadPart = -WAIT_100NS / 2 };

    TimerSeen = 0;
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&TimerDpc, ClocksDpc, NULL);
    KeSetTimer(&Timer, due, &TimerDpc);
}

/* The timer is over before the wait is. */
static ULONG EndTimer(PCSTR what, LONG64 seen)
{
    while (TimerSeen == 0)
        ;
    CHECK(TimerSeen == 1);
    DbgPrint("%s %I64d, timer at %I64d\n", what, seen, TimerSawTime);
    return 0;
}

static ULONG PerformanceCounterAdvances(PDEVICE_OBJECT device)
{
    LARGE_INTEGER frequency;
    LARGE_INTEGER began = KeQueryPerformanceCounter(&frequency);
    LARGE_INTEGER now;
    ULONG looks = 0;

    BeginTimer();
    do {
        now = KeQueryPerformanceCounter(NULL);
        CHECK(now.QuadPart >= began.QuadPart);
        CHECK(++looks < LOOPS_MAX);
    } while ((now.QuadPart - began.QuadPart) * 10000000 / frequency.QuadPart < WAIT_100NS);
    DbgPrint("%u looks\n", looks);
    return EndTimer("counter", now.QuadPart);
}

static ULONG InterruptTimeAdvances(PDEVICE_OBJECT device)
{
    LONG64 began = (LONG64)KeQueryInterruptTime();
    LONG64 now;
    ULONG looks = 0;

    BeginTimer();
    do {
        now = (LONG64)KeQueryInterruptTime();
        CHECK(++looks < LOOPS_MAX);
    } while (now - began < WAIT_100NS);
    DbgPrint("%u looks\n", looks);
    return EndTimer("interrupt time", now);
}

static ULONG SystemTimeAdvances(PDEVICE_OBJECT device)
{
    LARGE_INTEGER began, now;
    ULONG looks = 0;

    BeginTimer();
    KeQuerySystemTime(&began);
    do {
        KeQuerySystemTime(&now);
        CHECK(++looks < LOOPS_MAX);
    } while (now.QuadPart - began.QuadPart < WAIT_100NS);
    DbgPrint("%u looks\n", looks);
    return EndTimer("system time", now.QuadPart);
}

static ULONG TickCountAdvances(PDEVICE_OBJECT device)
{
    LARGE_INTEGER began, now;
    ULONG looks = 0;

    BeginTimer();
    KeQueryTickCount(&began);
    do {
        KeQueryTickCount(&now);
        CHECK(++looks < LOOPS_MAX);
    } while (now.QuadPart - began.QuadPart < 2);
    DbgPrint("%u looks\n", looks);
    return EndTimer("ticks", now.QuadPart);
}

static ULONG StallTakesItsTime(PDEVICE_OBJECT device)
{
    LONG64 began = (LONG64)KeQueryInterruptTime();
    ULONG i;

    BeginTimer();
    for (i = 0; i < 50; i++)
        KeStallExecutionProcessor(50);
    CHECK((LONG64)KeQueryInterruptTime() - began >= 25000);
    return EndTimer("stall", (LONG64)KeQueryInterruptTime());
}

static ULONG TimeStampAdvances(PDEVICE_OBJECT device)
{
    LONG64 began = (LONG64)KeQueryInterruptTime();
    ULONG64 last = __rdtsc();
    ULONG looks = 0;

    BeginTimer();
    do {
        ULONG64 now = __rdtsc();
        CHECK(now >= last);
        CHECK(++looks < LOOPS_MAX);
        last = now;
    } while (looks % 16 != 0 || (LONG64)KeQueryInterruptTime() - began < WAIT_100NS);
    DbgPrint("%u looks\n", looks);
    return EndTimer("time stamp", (LONG64)last);
}

static ULONG TimerEndsALoopOfTimeStamps(PDEVICE_OBJECT device)
{
    ULONG64 sum = 0;
    ULONG looks = 0;

    BeginTimer();
    while (TimerSeen == 0) {
        sum += __rdtsc();
        looks++;
    }
    DbgPrint("%u looks\n", looks);
    return EndTimer("sum of time stamps", (LONG64)sum);
}

static ULONG TimerEndsALoopOfNothing(PDEVICE_OBJECT device)
{
    ULONG64 looks = 0;

    BeginTimer();
    while (TimerSeen == 0)
        looks++;
    return EndTimer("looks", (LONG64)looks);
}

/* At DISPATCH_LEVEL the DPC waits for the end of the loop. */
static ULONG ClockAdvancesAtDispatchLevel(PDEVICE_OBJECT device)
{
    LONG64 began = (LONG64)KeQueryInterruptTime();
    LONG64 now;
    LONG seen;
    KIRQL irql;

    BeginTimer();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    do {
        KeStallExecutionProcessor(10);
        now = (LONG64)KeQueryInterruptTime();
    } while (now - began < WAIT_100NS);
    seen = TimerSeen;
    KeLowerIrql(irql);
    CHECK(seen <= 1);
    return EndTimer("at DISPATCH_LEVEL", now);
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(PerformanceCounterAdvances),
    CHECK_CASE_OF(InterruptTimeAdvances),
    CHECK_CASE_OF(SystemTimeAdvances),
    CHECK_CASE_OF(TickCountAdvances),
    CHECK_CASE_OF(StallTakesItsTime),
    CHECK_CASE_OF(TimeStampAdvances),
    CHECK_CASE_OF(TimerEndsALoopOfTimeStamps),
    CHECK_CASE_OF(TimerEndsALoopOfNothing),
    CHECK_CASE_OF(ClockAdvancesAtDispatchLevel),
};

static NTSTATUS ClocksControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilClocks"), 0, ClocksControl, NULL };
