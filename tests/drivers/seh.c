/*
 * Structured exceptions, as Microsoft's compiler lays them down: scope tables for __C_specific_handler. gcc has no
 * __try, so the functions that have one are written in assembly; filters and cleanup take two arguments, as C functions.
 * DriverEntry runs every test and returns STATUS_SUCCESS, or 0xE0000000 plus the line of the first check that failed.
 */

#include <ntddk.h>

typedef struct SAVED {
    ULONG64 Rbx, Rbp, Rsi, Rdi, R12, R13, R14, R15;
    ULONG64 Xmm6[2], Xmm15[2];
} SAVED;

/* Reads a ULONG inside __try; gives the exception's code if there was one. */
ULONG TryRead(const volatile ULONG *from);

/* The same with FilterRead as its filter. */
ULONG TryReadFiltered(const volatile ULONG *from);

/* Reads inside __try { } __finally { CleanUp(); }. */
ULONG ReadThenCleanUp(const volatile ULONG *from);

/* Calls a function with one argument inside __try; gives the exception's code or the function's result. */
ULONG TryCall(ULONG (*function)(ULONG_PTR), ULONG_PTR argument);

/* As TryCall with callee-saved registers set to known values before; leaves what they are after in *saved. */
ULONG TryCallSaved(ULONG (*function)(ULONG_PTR), ULONG_PTR argument, SAVED *saved);

/* Saves callee-saved registers, wrecks them and reads from an address: frame pointer, pushes, XMM saves. */
ULONG WreckAndRead(ULONG_PTR from);

static const volatile ULONG *const Nowhere = (const volatile ULONG *)0x10;
static ULONG Good = 0x600D600D;
static LONG FilterAnswer;
static ULONG FilterCode, FilterCount, CleanUpCount, CleanUpAbnormal;
static ULONG64 FilterAddress;

LONG FilterRead(EXCEPTION_POINTERS *pointers, PVOID frame)
{
    UNREFERENCED_PARAMETER(frame);
    FilterCount++;
    FilterCode = pointers->ExceptionRecord->ExceptionCode;
    FilterAddress = pointers->ExceptionRecord->ExceptionInformation[1];
    if (FilterAnswer == -1)
        pointers->ContextRecord->Rcx = (ULONG64)&Good;
    return FilterAnswer;
}

VOID CleanUpRead(BOOLEAN abnormal, PVOID frame)
{
    UNREFERENCED_PARAMETER(frame);
    CleanUpCount++;
    CleanUpAbnormal += abnormal;
}

__asm__(
    ".text\n"
    ".def TryRead; .scl 2; .type 32; .endef\n"
    ".globl TryRead\n"
    ".seh_proc TryRead\n"
    "TryRead:\n"
    "    subq $0x28, %rsp\n"
    "    .seh_stackalloc 0x28\n"
    "    .seh_endprologue\n"
    "TryReadBegin:\n"
    "    movl (%rcx), %eax\n"
    "TryReadEnd:\n"
    "    nop\n"
    "TryReadExcept:\n"
    "    addq $0x28, %rsp\n"
    "    ret\n"
    ".seh_handler __C_specific_handler, @except, @unwind\n"
    ".seh_handlerdata\n"
    "    .long 1\n"
    "    .rva TryReadBegin, TryReadEnd\n"
    "    .long 1\n"
    "    .rva TryReadExcept\n"
    ".text\n"
    ".seh_endproc\n");

__asm__(
    ".text\n"
    ".def TryReadFiltered; .scl 2; .type 32; .endef\n"
    ".globl TryReadFiltered\n"
    ".seh_proc TryReadFiltered\n"
    "TryReadFiltered:\n"
    "    pushq %rbp\n"
    "    .seh_pushreg %rbp\n"
    "    subq $0x40, %rsp\n"
    "    .seh_stackalloc 0x40\n"
    "    leaq 0x20(%rsp), %rbp\n"
    "    .seh_setframe %rbp, 0x20\n"
    "    .seh_endprologue\n"
    "TryReadFilteredBegin:\n"
    "    movl (%rcx), %eax\n"
    "TryReadFilteredEnd:\n"
    "    nop\n"
    "TryReadFilteredExcept:\n"
    "    leaq 0x20(%rbp), %rsp\n"
    "    popq %rbp\n"
    "    ret\n"
    ".seh_handler __C_specific_handler, @except, @unwind\n"
    ".seh_handlerdata\n"
    "    .long 1\n"
    "    .rva TryReadFilteredBegin, TryReadFilteredEnd, FilterRead, TryReadFilteredExcept\n"
    ".text\n"
    ".seh_endproc\n");

__asm__(
    ".text\n"
    ".def ReadThenCleanUp; .scl 2; .type 32; .endef\n"
    ".globl ReadThenCleanUp\n"
    ".seh_proc ReadThenCleanUp\n"
    "ReadThenCleanUp:\n"
    "    subq $0x38, %rsp\n"
    "    .seh_stackalloc 0x38\n"
    "    .seh_endprologue\n"
    "ReadThenCleanUpBegin:\n"
    "    movl (%rcx), %eax\n"
    "    movl %eax, 0x30(%rsp)\n"
    "ReadThenCleanUpEnd:\n"
    "    xorl %ecx, %ecx\n"
    "    movq %rsp, %rdx\n"
    "    call CleanUpRead\n"
    "    movl 0x30(%rsp), %eax\n"
    "    addq $0x38, %rsp\n"
    "    ret\n"
    ".seh_handler __C_specific_handler, @except, @unwind\n"
    ".seh_handlerdata\n"
    "    .long 1\n"
    "    .rva ReadThenCleanUpBegin, ReadThenCleanUpEnd, CleanUpRead\n"
    "    .long 0\n"
    ".text\n"
    ".seh_endproc\n");

__asm__(
    ".text\n"
    ".def TryCall; .scl 2; .type 32; .endef\n"
    ".globl TryCall\n"
    ".seh_proc TryCall\n"
    "TryCall:\n"
    "    subq $0x28, %rsp\n"
    "    .seh_stackalloc 0x28\n"
    "    .seh_endprologue\n"
    "    movq %rcx, %rax\n"
    "    movq %rdx, %rcx\n"
    "TryCallBegin:\n"
    "    call *%rax\n"
    "    nop\n"
    "TryCallEnd:\n"
    "TryCallExcept:\n"
    "    addq $0x28, %rsp\n"
    "    ret\n"
    ".seh_handler __C_specific_handler, @except, @unwind\n"
    ".seh_handlerdata\n"
    "    .long 1\n"
    "    .rva TryCallBegin, TryCallEnd\n"
    "    .long 1\n"
    "    .rva TryCallExcept\n"
    ".text\n"
    ".seh_endproc\n");

__asm__(
    ".text\n"
    ".def TryCallSaved; .scl 2; .type 32; .endef\n"
    ".globl TryCallSaved\n"
    ".seh_proc TryCallSaved\n"
    "TryCallSaved:\n"
    "    pushq %rbx\n    .seh_pushreg %rbx\n"
    "    pushq %rbp\n    .seh_pushreg %rbp\n"
    "    pushq %rsi\n    .seh_pushreg %rsi\n"
    "    pushq %rdi\n    .seh_pushreg %rdi\n"
    "    pushq %r12\n    .seh_pushreg %r12\n"
    "    pushq %r13\n    .seh_pushreg %r13\n"
    "    pushq %r14\n    .seh_pushreg %r14\n"
    "    pushq %r15\n    .seh_pushreg %r15\n"
    "    subq $0x58, %rsp\n"
    "    .seh_stackalloc 0x58\n"
    "    movups %xmm6, 0x20(%rsp)\n    .seh_savexmm %xmm6, 0x20\n"
    "    movups %xmm15, 0x30(%rsp)\n    .seh_savexmm %xmm15, 0x30\n"
    "    .seh_endprologue\n"
    "    movq %r8, 0x48(%rsp)\n"
    "    movq $0xB1, %rbx\n"
    "    movq $0xB2, %rbp\n"
    "    movq $0xB3, %rsi\n"
    "    movq $0xB4, %rdi\n"
    "    movq $0xB5, %r12\n"
    "    movq $0xB6, %r13\n"
    "    movq $0xB7, %r14\n"
    "    movq $0xB8, %r15\n"
    "    movq %rbx, %xmm6\n"
    "    movq %r15, %xmm15\n"
    "    movq %rcx, %rax\n"
    "    movq %rdx, %rcx\n"
    "TryCallSavedBegin:\n"
    "    call *%rax\n"
    "    nop\n"
    "TryCallSavedEnd:\n"
    "TryCallSavedExcept:\n"
    "    movq 0x48(%rsp), %r8\n"
    "    movq %rbx, 0x00(%r8)\n"
    "    movq %rbp, 0x08(%r8)\n"
    "    movq %rsi, 0x10(%r8)\n"
    "    movq %rdi, 0x18(%r8)\n"
    "    movq %r12, 0x20(%r8)\n"
    "    movq %r13, 0x28(%r8)\n"
    "    movq %r14, 0x30(%r8)\n"
    "    movq %r15, 0x38(%r8)\n"
    "    movups %xmm6, 0x40(%r8)\n"
    "    movups %xmm15, 0x50(%r8)\n"
    "    movups 0x20(%rsp), %xmm6\n"
    "    movups 0x30(%rsp), %xmm15\n"
    "    addq $0x58, %rsp\n"
    "    popq %r15\n"
    "    popq %r14\n"
    "    popq %r13\n"
    "    popq %r12\n"
    "    popq %rdi\n"
    "    popq %rsi\n"
    "    popq %rbp\n"
    "    popq %rbx\n"
    "    ret\n"
    ".seh_handler __C_specific_handler, @except, @unwind\n"
    ".seh_handlerdata\n"
    "    .long 1\n"
    "    .rva TryCallSavedBegin, TryCallSavedEnd\n"
    "    .long 1\n"
    "    .rva TryCallSavedExcept\n"
    ".text\n"
    ".seh_endproc\n");

__asm__(
    ".text\n"
    ".def WreckAndRead; .scl 2; .type 32; .endef\n"
    ".globl WreckAndRead\n"
    ".seh_proc WreckAndRead\n"
    "WreckAndRead:\n"
    "    pushq %rbp\n    .seh_pushreg %rbp\n"
    "    pushq %rbx\n    .seh_pushreg %rbx\n"
    "    pushq %r12\n    .seh_pushreg %r12\n"
    "    subq $0x1060, %rsp\n    .seh_stackalloc 0x1060\n"
    "    leaq 0x80(%rsp), %rbp\n    .seh_setframe %rbp, 0x80\n"
    "    movq %rsi, 0x1000(%rsp)\n    .seh_savereg %rsi, 0x1000\n"
    "    movq %rdi, 0x1008(%rsp)\n    .seh_savereg %rdi, 0x1008\n"
    "    movq %r15, 0x1010(%rsp)\n    .seh_savereg %r15, 0x1010\n"
    "    movups %xmm6, 0x1020(%rsp)\n    .seh_savexmm %xmm6, 0x1020\n"
    "    movups %xmm15, 0x1030(%rsp)\n    .seh_savexmm %xmm15, 0x1030\n"
    "    .seh_endprologue\n"
    "    xorl %ebx, %ebx\n"
    "    xorl %esi, %esi\n"
    "    xorl %edi, %edi\n"
    "    xorl %r12d, %r12d\n"
    "    xorl %r15d, %r15d\n"
    "    pxor %xmm6, %xmm6\n"
    "    pxor %xmm15, %xmm15\n"
    "    subq $0x20, %rsp\n" /* as alloca does: only the frame pointer finds the way back */
    "    movl (%rcx), %eax\n"
    "    ud2\n"
    ".seh_endproc\n");

#define CHECK(Expression)                                    \
    do {                                                     \
        if (!(Expression)) {                                 \
            DbgPrint("seh.c:%d: %s\n", __LINE__, #Expression); \
            return 0xE0000000 + __LINE__;                    \
        }                                                    \
    } while (0)

static ULONG DivideBy(ULONG_PTR divisor)
{
    volatile ULONG by = (ULONG)divisor;
    return 100 / by;
}

static ULONG Break(ULONG_PTR unused)
{
    UNREFERENCED_PARAMETER(unused);
    __asm__ volatile("int3");
    return 0;
}

static ULONG CleanUpAround(ULONG_PTR from)
{
    return ReadThenCleanUp((const volatile ULONG *)from);
}

static ULONG FilteredAround(ULONG_PTR from)
{
    return TryReadFiltered((const volatile ULONG *)from);
}

static ULONG RaiseByExport(ULONG_PTR bytes)
{
    return ExAllocatePoolWithQuotaTag(NonPagedPool, bytes, 'hes ') == NULL;
}

static ULONG RaiseStatus(ULONG_PTR status)
{
    ExRaiseStatus((NTSTATUS)status);
    return 1;
}

NTSYSAPI USHORT NTAPI RtlCaptureStackBackTrace(ULONG skip, ULONG count, PVOID *frames, PULONG hash);

static ULONG __attribute__((noinline)) CaptureStack(PVOID *frames, ULONG count)
{
    ULONG captured = RtlCaptureStackBackTrace(0, count, frames, NULL);

    return captured + (ULONG)(FilterCount & 0); /* not a tail call */
}

/* The inner __except has long ended when the outer one handles the second exception. */
static ULONG HandleThenFault(ULONG_PTR from)
{
    ULONG first = TryRead(Nowhere);
    return first + *(const volatile ULONG *)from;
}

DRIVER_INITIALIZE DriverEntry;

static ULONG TestHandlers(void)
{
    ULONG value = 7;

    CHECK(TryRead(&value) == 7);
    CHECK(TryRead(Nowhere) == (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(TryCall(DivideBy, 4) == 25);
    CHECK(TryCall(DivideBy, 0) == (ULONG)STATUS_INTEGER_DIVIDE_BY_ZERO);
    CHECK(TryCall(Break, 0) == (ULONG)STATUS_BREAKPOINT);
    CHECK(TryCall(HandleThenFault, (ULONG_PTR)Nowhere) == (ULONG)STATUS_ACCESS_VIOLATION);
    return 0;
}

static ULONG TestFilters(void)
{
    FilterAnswer = -1;
    CHECK(TryReadFiltered(Nowhere) == Good);
    CHECK(FilterCount == 1 && FilterCode == (ULONG)STATUS_ACCESS_VIOLATION && FilterAddress == (ULONG64)Nowhere);

    FilterAnswer = 1;
    CHECK(TryReadFiltered(Nowhere) == (ULONG)STATUS_ACCESS_VIOLATION);

    FilterAnswer = 0; /* the search goes on, to the caller's __except */
    CHECK(TryCall(FilteredAround, (ULONG_PTR)Nowhere) == (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(FilterCount == 3);
    return 0;
}

static ULONG TestCleanUp(void)
{
    CHECK(ReadThenCleanUp(&Good) == Good);
    CHECK(CleanUpCount == 1 && CleanUpAbnormal == 0);
    CHECK(TryCall(CleanUpAround, (ULONG_PTR)Nowhere) == (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(CleanUpCount == 2 && CleanUpAbnormal == 1);
    return 0;
}

static ULONG TestRegisters(void)
{
    SAVED saved;

    RtlZeroMemory(&saved, sizeof saved);
    CHECK(TryCallSaved(WreckAndRead, (ULONG_PTR)Nowhere, &saved) == (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(saved.Rbx == 0xB1 && saved.Rbp == 0xB2 && saved.Rsi == 0xB3 && saved.Rdi == 0xB4);
    CHECK(saved.R12 == 0xB5 && saved.R13 == 0xB6 && saved.R14 == 0xB7 && saved.R15 == 0xB8);
    CHECK(saved.Xmm6[0] == 0xB1 && saved.Xmm6[1] == 0);
    CHECK(saved.Xmm15[0] == 0xB8 && saved.Xmm15[1] == 0);
    return 0;
}

static ULONG TestRaise(void)
{
    SAVED saved;

    CHECK(TryCallSaved(RaiseByExport, (ULONG_PTR)1 << 40, &saved) == (ULONG)STATUS_INSUFFICIENT_RESOURCES);
    CHECK(saved.Rbx == 0xB1 && saved.R15 == 0xB8);
    CHECK(TryCall(RaiseStatus, 0xC0001234) == 0xC0001234);
    return 0;
}

static ULONG CopyFrom(ULONG_PTR from)
{
    UCHAR to[64];

    RtlCopyMemory(to, (const VOID *)from, FilterCount + 40);
    return to[3];
}

static ULONG MoveUpFrom(ULONG_PTR at)
{
    RtlMoveMemory((PUCHAR)at + 8, (const VOID *)at, FilterCount + 40); /* overlaps: copied from its end */
    return 0;
}

static ULONG FillAt(ULONG_PTR at)
{
    RtlFillMemory((PVOID)at, FilterCount + 40, 0x5A);
    return 0;
}

/* The kernel's own routines fault in the caller's __try, and give its registers back. */
static ULONG TestKernelRoutines(void)
{
    SAVED saved;

    CHECK(TryCallSaved(CopyFrom, (ULONG_PTR)Nowhere, &saved) == (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(saved.Rsi == 0xB3 && saved.Rdi == 0xB4 && saved.Rbx == 0xB1);
    CHECK(TryCallSaved(MoveUpFrom, (ULONG_PTR)Nowhere, &saved) == (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(saved.Rsi == 0xB3 && saved.Rdi == 0xB4);
    CHECK(TryCallSaved(FillAt, (ULONG_PTR)Nowhere, &saved) == (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(saved.Rsi == 0xB3 && saved.Rdi == 0xB4);
    return 0;
}

static ULONG __attribute__((noinline)) TestStack(void)
{
    PVOID frames[8];
    ULONG count = CaptureStack(frames, 8);

    CHECK(count == 3);
    CHECK((ULONG_PTR)frames[0] - (ULONG_PTR)CaptureStack < 0x100);
    CHECK((ULONG_PTR)frames[1] - (ULONG_PTR)TestStack < 0x100);
    CHECK((ULONG_PTR)frames[2] - (ULONG_PTR)DriverEntry < 0x800);
    return 0;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    ULONG line = TestHandlers();

    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    if (line == 0)
        line = TestFilters();
    if (line == 0)
        line = TestCleanUp();
    if (line == 0)
        line = TestRegisters();
    if (line == 0)
        line = TestStack(); /* not last: that would be a tail call, without a frame here */
    if (line == 0)
        line = TestKernelRoutines();
    if (line == 0)
        line = TestRaise();
    return (NTSTATUS)line;
}
