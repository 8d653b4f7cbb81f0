/*
 * Structured exceptions, as Microsoft's compiler lays them down: scope tables for __C_specific_handler. gcc has no
 * __try, so the functions that have one are written in assembly; filters and cleanup take two arguments, as C functions.
 * DriverEntry runs every test and returns STATUS_SUCCESS, or 0xE0000000 plus the line of the first check that failed.
 */

#include <ntddk.h>
#include <setjmp.h>
#include "try.h"

/* In winnt.h only, which drivers do not include. */
typedef struct KNONVOLATILE_CONTEXT_POINTERS {
    M128A *Xmm[16];
    ULONG64 *Rax, *Rcx, *Rdx, *Rbx, *Rsp, *Rbp, *Rsi, *Rdi;
    ULONG64 *R8, *R9, *R10, *R11, *R12, *R13, *R14, *R15;
} KNONVOLATILE_CONTEXT_POINTERS;

typedef struct RUNTIME_FUNCTION {
    ULONG BeginAddress, EndAddress, UnwindData;
} RUNTIME_FUNCTION;

NTSYSAPI VOID NTAPI RtlCaptureContext(CONTEXT *context);
NTSYSAPI RUNTIME_FUNCTION *NTAPI RtlLookupFunctionEntry(ULONG64 pc, ULONG64 *imageBase, PVOID history);
NTSYSAPI PVOID NTAPI RtlVirtualUnwind(ULONG type, ULONG64 imageBase, ULONG64 pc, RUNTIME_FUNCTION *function,
    CONTEXT *context, PVOID *handlerData, ULONG64 *establisherFrame, KNONVOLATILE_CONTEXT_POINTERS *pointers);
NTSYSAPI VOID NTAPI RtlUnwindEx(PVOID frame, PVOID ip, EXCEPTION_RECORD *record, PVOID result, CONTEXT *context,
    PVOID history);
NTSYSAPI VOID NTAPI RtlRaiseException(EXCEPTION_RECORD *record);

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

/* As TryCall with callee-saved registers set to known values before; leaves what they are after in *saved. */
ULONG TryCallSaved(ULONG (*function)(ULONG_PTR), ULONG_PTR argument, SAVED *saved);

/* Saves callee-saved registers, wrecks them and reads from an address: frame pointer, pushes, XMM saves. */
ULONG WreckAndRead(ULONG_PTR from);

/* Leaves a __try { } __finally { CleanUp(); } by a jump, as a return does; gives 77. */
ULONG LeaveByJump(VOID);

/* Calls a function that unwinds to this very frame, at UnwindTarget, with a result. */
ULONG CallUnwindable(ULONG (*function)(ULONG_PTR), ULONG_PTR argument);
extern ULONG64 UnwindFrame;
extern UCHAR UnwindTarget[];

/* As the compiler does, calls a function after setjmp, with this very frame or with none; gives 1000 plus what longjmp
 * was given, or 7 if nobody jumped. */
ULONG CallJumpable(ULONG (*function)(ULONG_PTR), ULONG_PTR argument, BOOLEAN withFrame);
extern jmp_buf JumpBuffer;

/* Calls inside __try { } __finally { CleanUp(); }. */
ULONG CallThenCleanUp(ULONG (*function)(ULONG_PTR), ULONG_PTR argument);

/* Sets registers to known values, captures them and gives RIP after the call. */
ULONG64 CaptureKnown(CONTEXT *context);

static const volatile ULONG *const Nowhere = (const volatile ULONG *)0x10;
static ULONG Good = 0x600D600D;
static LONG FilterAnswer;
static ULONG FilterCode, FilterCount, CleanUpCount, CleanUpAbnormal;
static ULONG64 FilterAddress;
static ULONG FilterRaises, FilterTries, CleanUpRaises;

LONG FilterRead(EXCEPTION_POINTERS *pointers, PVOID frame)
{
    UNREFERENCED_PARAMETER(frame);
    FilterCount++;
    FilterCode = pointers->ExceptionRecord->ExceptionCode;
    FilterAddress = pointers->ExceptionRecord->ExceptionInformation[1];
    if (FilterTries != 0)
        FilterTries = TryRead(Nowhere);
    if (FilterRaises != 0)
        ExRaiseStatus((NTSTATUS)InterlockedExchange((LONG *)&FilterRaises, 0));
    if (FilterAnswer == -1)
        pointers->ContextRecord->Rcx = (ULONG64)&Good;
    return FilterAnswer;
}

VOID CleanUpRead(BOOLEAN abnormal, PVOID frame)
{
    UNREFERENCED_PARAMETER(frame);
    CleanUpCount++;
    CleanUpAbnormal += abnormal;
    if (CleanUpRaises != 0)
        ExRaiseStatus((NTSTATUS)CleanUpRaises);
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

__asm__(
    ".text\n"
    ".def LeaveByJump; .scl 2; .type 32; .endef\n"
    ".globl LeaveByJump\n"
    ".seh_proc LeaveByJump\n"
    "LeaveByJump:\n"
    "    pushq %rbx\n    .seh_pushreg %rbx\n"
    "    subq $0x20, %rsp\n"
    "    .seh_stackalloc 0x20\n"
    "    .seh_endprologue\n"
    "    movl $77, %ebx\n"
    "LeaveByJumpBegin:\n"
    "    movq %rsp, %rcx\n"
    "    leaq LeaveByJumpOut(%rip), %rdx\n"
    "    call _local_unwind\n"
    "    ud2\n"
    "LeaveByJumpEnd:\n"
    "    nop\n"
    "LeaveByJumpOut:\n"
    "    movl %ebx, %eax\n"
    "    addq $0x20, %rsp\n"
    "    popq %rbx\n"
    "    ret\n"
    ".seh_handler __C_specific_handler, @except, @unwind\n"
    ".seh_handlerdata\n"
    "    .long 1\n"
    "    .rva LeaveByJumpBegin, LeaveByJumpEnd, CleanUpRead\n"
    "    .long 0\n"
    ".text\n"
    ".seh_endproc\n");

__asm__(
    ".data\n"
    ".globl UnwindFrame\n"
    "UnwindFrame: .quad 0\n"
    ".text\n"
    ".def CallUnwindable; .scl 2; .type 32; .endef\n"
    ".globl CallUnwindable\n"
    ".seh_proc CallUnwindable\n"
    "CallUnwindable:\n"
    "    pushq %rbx\n    .seh_pushreg %rbx\n"
    "    subq $0x20, %rsp\n"
    "    .seh_stackalloc 0x20\n"
    "    .seh_endprologue\n"
    "    movl $1000, %ebx\n"
    "    movq %rsp, UnwindFrame(%rip)\n"
    "    movq %rcx, %rax\n"
    "    movq %rdx, %rcx\n"
    "    call *%rax\n"
    "    xorl %eax, %eax\n"
    "    xorl %ebx, %ebx\n"
    ".globl UnwindTarget\n"
    "UnwindTarget:\n"
    "    addl %ebx, %eax\n"
    "    addq $0x20, %rsp\n"
    "    popq %rbx\n"
    "    ret\n"
    ".seh_endproc\n");

__asm__(
    ".text\n"
    ".def CaptureKnown; .scl 2; .type 32; .endef\n"
    ".globl CaptureKnown\n"
    ".seh_proc CaptureKnown\n"
    "CaptureKnown:\n"
    "    pushq %rbx\n    .seh_pushreg %rbx\n"
    "    pushq %r15\n    .seh_pushreg %r15\n"
    "    subq $0x38, %rsp\n"
    "    .seh_stackalloc 0x38\n"
    "    movups %xmm7, 0x20(%rsp)\n    .seh_savexmm %xmm7, 0x20\n"
    "    .seh_endprologue\n"
    "    movl $0xA1, %eax\n"
    "    movl $0xA3, %edx\n"
    "    movl $0xB1, %ebx\n"
    "    movl $0xA8, %r8d\n"
    "    movl $0xAB, %r11d\n"
    "    movl $0xBF, %r15d\n"
    "    movq %rdx, %xmm0\n"
    "    movq %r15, %xmm7\n"
    "    call RtlCaptureContext\n"
    "CaptureKnownAfter:\n"
    "    leaq CaptureKnownAfter(%rip), %rax\n"
    "    movups 0x20(%rsp), %xmm7\n"
    "    addq $0x38, %rsp\n"
    "    popq %r15\n"
    "    popq %rbx\n"
    "    ret\n"
    ".seh_endproc\n");

__asm__(
    ".bss\n"
    ".globl JumpBuffer\n"
    ".balign 16\n"
    "JumpBuffer: .space 256\n"
    ".text\n"
    ".def CallJumpable; .scl 2; .type 32; .endef\n"
    ".globl CallJumpable\n"
    ".seh_proc CallJumpable\n"
    "CallJumpable:\n"
    "    pushq %rbx\n    .seh_pushreg %rbx\n"
    "    pushq %rsi\n    .seh_pushreg %rsi\n"
    "    pushq %rdi\n    .seh_pushreg %rdi\n"
    "    subq $0x40, %rsp\n"
    "    .seh_stackalloc 0x40\n"
    "    movups %xmm6, 0x20(%rsp)\n    .seh_savexmm %xmm6, 0x20\n"
    "    .seh_endprologue\n"
    "    movq %rcx, %rsi\n"
    "    leaq 1(%rdx), %rdi\n"
    "    xorl %edx, %edx\n"
    "    testb %r8b, %r8b\n"
    "    cmovneq %rsp, %rdx\n"
    "    leaq JumpBuffer(%rip), %rcx\n"
    "    movl $1000, %ebx\n"
    "    movq %rbx, %xmm6\n"
    "    call _setjmp\n"
    "    testl %eax, %eax\n"
    "    jne CallJumpableAgain\n"
    "    movl $7, %ebx\n"
    "    pxor %xmm6, %xmm6\n"
    "    leaq -1(%rdi), %rcx\n"
    "    xorl %edi, %edi\n"
    "    call *%rsi\n"
    "    jmp CallJumpableOut\n"
    "CallJumpableAgain:\n"
    "    movq %xmm6, %rcx\n"
    "    cmpq %rcx, %rbx\n"
    "    jne CallJumpableOut\n"
    "    testq %rdi, %rdi\n"
    "    je CallJumpableOut\n"
    "    addl %eax, %ebx\n"
    "CallJumpableOut:\n"
    "    movl %ebx, %eax\n"
    "    movups 0x20(%rsp), %xmm6\n"
    "    addq $0x40, %rsp\n"
    "    popq %rdi\n"
    "    popq %rsi\n"
    "    popq %rbx\n"
    "    ret\n"
    ".seh_endproc\n");

__asm__(
    ".text\n"
    ".def CallThenCleanUp; .scl 2; .type 32; .endef\n"
    ".globl CallThenCleanUp\n"
    ".seh_proc CallThenCleanUp\n"
    "CallThenCleanUp:\n"
    "    subq $0x38, %rsp\n"
    "    .seh_stackalloc 0x38\n"
    "    .seh_endprologue\n"
    "    movq %rcx, %rax\n"
    "    movq %rdx, %rcx\n"
    "CallThenCleanUpBegin:\n"
    "    call *%rax\n"
    "    movl %eax, 0x30(%rsp)\n"
    "CallThenCleanUpEnd:\n"
    "    xorl %ecx, %ecx\n"
    "    movq %rsp, %rdx\n"
    "    call CleanUpRead\n"
    "    movl 0x30(%rsp), %eax\n"
    "    addq $0x38, %rsp\n"
    "    ret\n"
    ".seh_handler __C_specific_handler, @except, @unwind\n"
    ".seh_handlerdata\n"
    "    .long 1\n"
    "    .rva CallThenCleanUpBegin, CallThenCleanUpEnd, CleanUpRead\n"
    "    .long 0\n"
    ".text\n"
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

/* Over the kernel: the function that the IRP's dispatch routine calls raises, the sender of the IRP handles it. The IRP
 * is not completed but taken back. */
typedef struct CROSSING {
    ULONG (*Function)(ULONG_PTR);
    ULONG_PTR Argument;
} CROSSING;

static DRIVER_DISPATCH DispatchCrossing;
static PDEVICE_OBJECT Device;
static CROSSING Crossing;

static NTSTATUS NTAPI DispatchCrossing(PDEVICE_OBJECT device, PIRP irp)
{
    CROSSING *crossing = IoGetCurrentIrpStackLocation(irp)->Parameters.Others.Argument1;

    return (NTSTATUS)crossing->Function(crossing->Argument);
}

static ULONG SendIrp(ULONG_PTR argument)
{
    PIRP irp = IoAllocateIrp(1, FALSE);
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
    ULONG result;

    next->MajorFunction = IRP_MJ_READ;
    next->Parameters.Others.Argument1 = (PVOID)argument;
    result = (ULONG)IoCallDriver(Device, irp);
    IoFreeIrp(irp);
    return result;
}

static ULONG SendTwice(ULONG_PTR argument)
{
    CROSSING outer = { SendIrp, argument };

    return SendIrp((ULONG_PTR)&outer);
}

static ULONG Cross(ULONG (*function)(ULONG_PTR), ULONG_PTR argument, SAVED *saved)
{
    Crossing.Function = function;
    Crossing.Argument = argument;
    return TryCallSaved(SendTwice, (ULONG_PTR)&Crossing, saved);
}

static VOID NTAPI Expanded(PVOID context)
{
    WreckAndRead((ULONG_PTR)context);
}

static ULONG CallExpanded(ULONG_PTR from)
{
    return (ULONG)KeExpandKernelStackAndCallout(Expanded, (PVOID)from, 0x4000);
}

static ULONG RaiseAtDispatchLevel(ULONG_PTR from)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    return DivideBy(from);
}

static ULONG CallNothing(ULONG_PTR at)
{
    return ((ULONG (*)(VOID))at)() + 1;
}

static ULONG Registers(const SAVED *saved)
{
    CHECK(saved->Rbx == 0xB1 && saved->Rbp == 0xB2 && saved->Rsi == 0xB3 && saved->Rdi == 0xB4);
    CHECK(saved->R12 == 0xB5 && saved->R13 == 0xB6 && saved->R14 == 0xB7 && saved->R15 == 0xB8);
    CHECK(saved->Xmm6[0] == 0xB1 && saved->Xmm15[0] == 0xB8);
    return 0;
}

static ULONG TestCrossing(void)
{
    SAVED saved;
    ULONG cleanUps = CleanUpCount;

    CHECK(Cross(DivideBy, 4, &saved) == 25);
    CHECK(Cross(WreckAndRead, (ULONG_PTR)Nowhere, &saved) == (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(Registers(&saved) == 0);
    CHECK(Cross(RaiseStatus, 0xC0001234, &saved) == 0xC0001234);
    CHECK(Registers(&saved) == 0);
    CHECK(Cross(CleanUpAround, (ULONG_PTR)Nowhere, &saved) == (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(CleanUpCount == cleanUps + 1);
    FilterAnswer = 0;
    CHECK(Cross(FilteredAround, (ULONG_PTR)Nowhere, &saved) == (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(Registers(&saved) == 0);
    CHECK(Cross(CallExpanded, (ULONG_PTR)Nowhere, &saved) == (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(Registers(&saved) == 0);
    CHECK(Cross(CallNothing, 0, &saved) == (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(Registers(&saved) == 0);
    return 0;
}

/* Nobody lowers IRQL on the way: that is for the handler. */
static ULONG TestCrossingAtDispatchLevel(void)
{
    SAVED saved;
    ULONG code = Cross(RaiseAtDispatchLevel, 0, &saved);
    KIRQL irql = KeGetCurrentIrql();

    KeLowerIrql(PASSIVE_LEVEL);
    CHECK(code == (ULONG)STATUS_INTEGER_DIVIDE_BY_ZERO);
    CHECK(irql == DISPATCH_LEVEL);
    return 0;
}

static ULONG TestExceptionsOfHandlers(void)
{
    SAVED saved;
    ULONG cleanUps = CleanUpCount;

    FilterAnswer = 1;
    FilterTries = 1;
    CHECK(TryReadFiltered(Nowhere) == (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(FilterTries == (ULONG)STATUS_ACCESS_VIOLATION);
    FilterTries = 0;

    FilterRaises = 0xC0004321; /* the same filter is asked again, about the new exception */
    FilterAnswer = 0;
    FilterCount = 0;
    CHECK(Cross(FilteredAround, (ULONG_PTR)Nowhere, &saved) == 0xC0004321);
    CHECK(FilterCount == 2 && FilterCode == 0xC0004321);
    CHECK(Registers(&saved) == 0);

    CleanUpRaises = 0xC0005678; /* collides with the unwinding that it is part of */
    CHECK(Cross(CleanUpAround, (ULONG_PTR)Nowhere, &saved) == 0xC0005678);
    CHECK(CleanUpCount == cleanUps + 1);
    CHECK(Registers(&saved) == 0);
    CleanUpRaises = 0;
    return 0;
}

static ULONG UnwindFromHere(ULONG_PTR result)
{
    CONTEXT context;

    RtlUnwindEx((PVOID)UnwindFrame, UnwindTarget, NULL, (PVOID)result, &context, NULL);
    return 1;
}

static ULONG UnwindOverKernel(ULONG_PTR result)
{
    Crossing.Function = UnwindFromHere;
    Crossing.Argument = result;
    return SendTwice((ULONG_PTR)&Crossing);
}

static ULONG TestUnwind(void)
{
    ULONG cleanUps = CleanUpCount;
    ULONG abnormal = CleanUpAbnormal;

    CHECK(CallUnwindable(UnwindFromHere, 7) == 1007);
    CHECK(CallUnwindable(UnwindOverKernel, 8) == 1008);
    CHECK(LeaveByJump() == 77);
    CHECK(CleanUpCount == cleanUps + 1 && CleanUpAbnormal == abnormal + 1);
    return 0;
}

static ULONG Jump(ULONG_PTR value)
{
    longjmp(JumpBuffer, (int)value);
}

static ULONG JumpOverCleanUp(ULONG_PTR value)
{
    return CallThenCleanUp(Jump, value);
}

static ULONG JumpOverKernel(ULONG_PTR value)
{
    Crossing.Function = JumpOverCleanUp;
    Crossing.Argument = value;
    return SendTwice((ULONG_PTR)&Crossing);
}

static ULONG __attribute__((noinline)) JumpInC(ULONG_PTR value)
{
    volatile ULONG before = 40;
    ULONG cleanUps = CleanUpCount;

    if (setjmp(JumpBuffer) == 0)
        JumpOverCleanUp(value);
    return before + CleanUpCount - cleanUps;
}

static ULONG JumpNowhere(ULONG_PTR stackPointer)
{
    ((ULONG64 *)JumpBuffer)[0] = 0;
    ((ULONG64 *)JumpBuffer)[2] = stackPointer;
    return Jump(1);
}

static ULONG TestJumps(void)
{
    ULONG cleanUps = CleanUpCount;
    ULONG abnormal = CleanUpAbnormal;

    CHECK(CallJumpable(DivideBy, 4, TRUE) == 7);
    CHECK(CallJumpable(Jump, 5, FALSE) == 1005 && CallJumpable(Jump, 5, TRUE) == 1005);
    CHECK(CallJumpable(Jump, 0, FALSE) == 1001 && CallJumpable(Jump, 0, TRUE) == 1001);
    CHECK(CallJumpable(JumpOverCleanUp, 6, FALSE) == 1006 && CleanUpCount == cleanUps);
    CHECK(CallJumpable(JumpOverCleanUp, 7, TRUE) == 1007 && CleanUpCount == cleanUps + 1);
    CHECK(CallJumpable(JumpOverKernel, 8, FALSE) == 1008 && CleanUpCount == cleanUps + 1);
    CHECK(CallJumpable(JumpOverKernel, 9, TRUE) == 1009 && CleanUpCount == cleanUps + 2);
    CHECK(CleanUpAbnormal == abnormal + 2);
    CHECK(JumpInC(1) == 41);
    CHECK(TryCall(JumpNowhere, (ULONG_PTR)&Good) == (ULONG)STATUS_BAD_STACK);
    return 0;
}

static ULONG TestCapture(void)
{
    CONTEXT __attribute__((aligned(16))) context;
    ULONG64 rip = CaptureKnown(&context);

    CHECK(context.Rip == rip);
    CHECK(context.ContextFlags == (CONTEXT_FULL | CONTEXT_SEGMENTS));
    CHECK(context.Rax == 0xA1 && context.Rcx == (ULONG64)&context && context.Rdx == 0xA3 && context.R8 == 0xA8);
    CHECK(context.R11 == 0xAB && context.Rbx == 0xB1 && context.R15 == 0xBF);
    CHECK(context.Xmm0.Low == 0xA3 && context.Xmm7.Low == 0xBF);
    CHECK(context.MxCsr == 0x1F80 && context.FltSave.MxCsr == 0x1F80);
    CHECK(context.SegCs == 0x10);
    CHECK(context.Rsp < (ULONG64)&context && context.Rsp + 0x200 > (ULONG64)&rip - 0x1000);
    return 0;
}

/* The walk that debuggers do, against the kernel's own. */
static ULONG __attribute__((noinline)) TestVirtualUnwind(void)
{
    CONTEXT __attribute__((aligned(16))) context;
    KNONVOLATILE_CONTEXT_POINTERS pointers;
    PVOID frames[8];
    ULONG count = CaptureStack(frames, 8);
    ULONG i;

    RtlCaptureContext(&context);
    CHECK((ULONG_PTR)context.Rip - (ULONG_PTR)TestVirtualUnwind < 0x800);
    for (i = 1; i < count; i++) {
        ULONG64 base, establisher;
        PVOID data;
        RUNTIME_FUNCTION *function = RtlLookupFunctionEntry(context.Rip, &base, NULL);

        if (i > 1)
            CHECK((PVOID)context.Rip == frames[i]);
        CHECK(function != NULL && context.Rip >= base + function->BeginAddress);
        CHECK(context.Rip < base + function->EndAddress);
        RtlZeroMemory(&pointers, sizeof pointers);
        CHECK(RtlVirtualUnwind(0, base, context.Rip, function, &context, &data, &establisher, &pointers) == NULL);
        CHECK(pointers.Rbx == NULL || *pointers.Rbx == context.Rbx);
    }
    CHECK(count >= 3);
    return 0;
}

static ULONG ProbeUser(ULONG_PTR address)
{
    ProbeForRead((PVOID)address, 4, 4);
    return 0;
}

static ULONG RaiseRecord(ULONG_PTR code)
{
    EXCEPTION_RECORD record;

    RtlZeroMemory(&record, sizeof record);
    record.ExceptionCode = (ULONG)code;
    record.NumberParameters = 2;
    record.ExceptionInformation[1] = 0x4321;
    RtlRaiseException(&record);
    return 0;
}

static ULONG FilterRecord(ULONG_PTR code)
{
    return TryCall(RaiseRecord, code);
}

static ULONG Misaligned(ULONG_PTR unused)
{
    ExRaiseDatatypeMisalignment();
    return unused != 0;
}

static ULONG Violating(ULONG_PTR unused)
{
    ExRaiseAccessViolation();
    return unused != 0;
}

static ULONG TestRaisingRoutines(void)
{
    CHECK(TryCall(ProbeUser, 0x1001) == (ULONG)STATUS_DATATYPE_MISALIGNMENT);
    CHECK(TryCall(ProbeUser, (ULONG_PTR)&Good) == (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(TryCall(Misaligned, 0) == (ULONG)STATUS_DATATYPE_MISALIGNMENT);
    CHECK(TryCall(Violating, 0) == (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(FilterRecord(0xE0001111) == 0xE0001111);
    return 0;
}

typedef ULONG TEST(void);

static TEST *const Tests[] = {
    TestHandlers, TestFilters, TestCleanUp, TestRegisters, TestKernelRoutines, TestRaise, TestCrossing,
    TestCrossingAtDispatchLevel, TestExceptionsOfHandlers, TestUnwind, TestJumps, TestCapture, TestVirtualUnwind,
    TestRaisingRoutines,
};

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    ULONG line = TestStack();
    ULONG i;

    UNREFERENCED_PARAMETER(path);
    driver->MajorFunction[IRP_MJ_READ] = DispatchCrossing;
    if (line == 0)
        line = (ULONG)IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    for (i = 0; i < RTL_NUMBER_OF(Tests) && line == 0; i++)
        line = Tests[i]();
    return (NTSTATUS)line;
}
