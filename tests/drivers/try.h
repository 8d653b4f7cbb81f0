/*
 * __try for gcc, which has none: TryCall is laid down as Microsoft's compiler lays a function with an __except block
 * down, with a scope table for __C_specific_handler. For one source file of a driver.
 */

#ifndef TRY_H
#define TRY_H

#include <ntddk.h>

/* Calls a function with one argument inside __try; gives the exception's code or the function's result. */
ULONG TryCall(ULONG (*function)(ULONG_PTR), ULONG_PTR argument);

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

#endif
