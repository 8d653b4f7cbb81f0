using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Hil.Kernel;

namespace Hil.Loader;

// The runtime turns an access through a pointer into the first 64 KB into a NullReferenceException, and ends the
// process at any other that goes wrong. A driver must not take the host down, so a handler of our own comes first: it
// keeps the address and tells the runtime's handler that it was 0, which makes the access an exception, too. It leaves
// alone what is near the stack pointer: that is how the runtime knows a stack overflow.

/// <summary>Makes an exception of each access that a managed driver does through a wild pointer. Linux, x64.</summary>
internal static unsafe partial class WildPointers
{
    private const int SegmentationFault = 11;
    private const int PageBytes = 4096;
    private const int CellOffset = 2048; // Of the last address, in the second half of the page.
    private const int ReadWriteExecute = 7;
    private const int PrivateAnonymous = 0x22;

    // struct sigaction of glibc: the handler, a mask of 128 bytes, flags, a restorer.
    private const int ActionBytes = 152;

    private static readonly Lock s_lock = new();
    private static byte* s_page;

    /// <summary>From now on, for the rest of the process.</summary>
    public static void Catch()
    {
        lock (s_lock)
        {
            if (s_page == null)
                s_page = Install();
        }
    }

    /// <summary>The address of the last wild access, once; 0 if there was none.</summary>
    public static ulong Take() => s_page == null ? 0 : Interlocked.Exchange(ref *(ulong*)(s_page + CellOffset), 0);

    private static byte* Install()
    {
        byte* page = MapMemory(null, PageBytes, ReadWriteExecute, PrivateAnonymous, -1, 0);
        Invariant.Holds((nint)page != -1, "a page can be had");
        byte* action = stackalloc byte[ActionBytes];
        Invariant.Holds(ChangeAction(SegmentationFault, null, action) == 0, "the runtime's handler can be asked for");
        ReadOnlySpan<byte> code = Code((ulong)page + CellOffset, *(ulong*)action);
        code.CopyTo(new Span<byte>(page, PageBytes));
        *(ulong*)action = (ulong)page;
        Invariant.Holds(ChangeAction(SegmentationFault, action, null) == 0, "a handler can be set");
        return page;
    }

    // rdi: the signal, rsi: its siginfo_t, rdx: the ucontext_t.
    private static byte[] Code(ulong cell, ulong next)
    {
        byte[] code =
        [
            0x48, 0x8B, 0x46, 0x10, //                         mov rax, [rsi+16]    si_addr
            0x48, 0x3D, 0x00, 0x00, 0x01, 0x00, //             cmp rax, 10000h
            0x72, 0x2D, //                                     jb pass
            0x48, 0x8B, 0x8A, 0xA0, 0x00, 0x00, 0x00, //       mov rcx, [rdx+160]   rsp
            0x48, 0x29, 0xC1, //                               sub rcx, rax
            0x48, 0x81, 0xC1, 0x00, 0x00, 0x01, 0x00, //       add rcx, 10000h
            0x48, 0x81, 0xF9, 0x00, 0x00, 0x11, 0x00, //       cmp rcx, 110000h
            0x72, 0x13, //                                     jb pass
            0x48, 0xB9, 0, 0, 0, 0, 0, 0, 0, 0, //             mov rcx, cell
            0x48, 0x89, 0x01, //                               mov [rcx], rax
            0x31, 0xC0, //                                     xor eax, eax
            0x48, 0x89, 0x46, 0x10, //                         mov [rsi+16], rax
            0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, //       pass: mov rax, next
            0xFF, 0xE0, //                                     jmp rax
        ];
        const int CellAt = 40, NextAt = 59;
        BinaryPrimitives.WriteUInt64LittleEndian(code.AsSpan(CellAt), cell);
        BinaryPrimitives.WriteUInt64LittleEndian(code.AsSpan(NextAt), next);
        return code;
    }

    [LibraryImport("libc.so.6", EntryPoint = "mmap")]
    private static partial byte* MapMemory(
        void* address, nuint bytes, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc.so.6", EntryPoint = "sigaction")]
    private static partial int ChangeAction(int signal, byte* action, byte* before);
}
