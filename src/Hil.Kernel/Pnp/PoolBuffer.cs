using System.Runtime.InteropServices;

namespace Hil.Kernel;

/// <summary>Pool memory that the PnP manager and its bus drivers hand to drivers.</summary>
internal static unsafe class PoolBuffer
{
    /// <summary>'Pnp ' as a pool tag.</summary>
    public const uint Tag = 0x20706E50;

    /// <summary>Allocates zeroed paged pool. Never null: the host's own structures have their share of the
    /// window.</summary>
    public static void* Allocate(int bytes, POOL_TYPE type = POOL_TYPE.PagedPool)
    {
        void* memory = TryAllocate(bytes, type);
        Invariant.Holds(memory != null, "the pool has room for the PnP manager's own structures");
        return memory;
    }

    /// <summary>As Allocate, but null when the pool is empty.</summary>
    public static void* TryAllocate(int bytes, POOL_TYPE type = POOL_TYPE.PagedPool)
    {
        void* memory = Ntoskrnl.ExAllocatePoolWithTag(type, (nuint)bytes, Tag);
        if (memory != null)
            new Span<byte>(memory, bytes).Clear();
        return memory;
    }

    /// <summary>Zeroed memory of the kernel's own, never freed by a driver: give it to Pool.Free.</summary>
    public static T* AllocateOwn<T>(int bytes)
        where T : unmanaged => AllocateOwn<T>(NtKernel.Current, bytes);

    /// <inheritdoc cref="AllocateOwn{T}(int)"/>
    public static T* AllocateOwn<T>(NtKernel kernel, int bytes)
        where T : unmanaged
    {
        void* memory = kernel.Pool.Allocate((nuint)bytes, Tag, zero: true);
        Invariant.Holds(memory != null, "the pool has room for the PnP manager's own structures");
        return (T*)memory;
    }

    /// <summary>A terminated copy of a text.</summary>
    public static char* Copy(string text)
    {
        var copy = (char*)Allocate((text.Length + 1) * sizeof(char));
        text.CopyTo(new Span<char>(copy, text.Length));
        return copy;
    }

    /// <summary>A REG_MULTI_SZ: each text terminated, one more terminator at the end.</summary>
    public static char* Copy(IReadOnlyList<string> texts)
    {
        string joined = string.Concat(texts.Select(text => text + '\0'));
        return Copy(joined);
    }

    /// <summary>Reads a terminated text that a driver returned in pool, and frees it. Empty for null.</summary>
    public static string TakeString(void* text, string what)
    {
        if (text == null)
            return "";
        PointerCheck.Follow<char>(text, what);
        string copy = MemoryMarshal.CreateReadOnlySpanFromNullTerminated((char*)text).ToString();
        Free(text);
        return copy;
    }

    /// <summary>Reads and frees a REG_MULTI_SZ.</summary>
    public static IReadOnlyList<string> TakeStrings(void* texts, string what)
    {
        List<string> list = [];
        if (texts == null)
            return list;
        char* next = PointerCheck.Follow<char>(texts, what);
        while (*next != '\0')
        {
            ReadOnlySpan<char> text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(next);
            list.Add(text.ToString());
            next += text.Length + 1;
        }
        Free(texts);
        return list;
    }

    public static void Free(void* memory)
    {
        if (memory != null)
            Ntoskrnl.ExFreePool(memory);
    }
}
