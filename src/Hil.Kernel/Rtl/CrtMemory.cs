namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Copies memory and returns the destination. Overlapping ranges are copied right, which C does not
    /// promise.</summary>
    /// <remarks>C runtime: memcpy.</remarks>
    [Export]
    public static void* memcpy(void* destination, void* source, nuint count)
    {
        CopyMemory(destination, source, count, nameof(memcpy));
        return destination;
    }

    /// <summary>Copies memory, overlapping or not, and returns the destination.</summary>
    /// <remarks>C runtime: memmove.</remarks>
    [Export]
    public static void* memmove(void* destination, void* source, nuint count)
    {
        CopyMemory(destination, source, count, nameof(memmove));
        return destination;
    }

    /// <summary>Sets every byte and returns the destination.</summary>
    /// <remarks>C runtime: memset.</remarks>
    [Export]
    public static void* memset(void* destination, int value, nuint count)
    {
        FillMemory(destination, count, (byte)value, nameof(memset));
        return destination;
    }

    /// <summary>Touches the pages of a stack frame that is about to be made, its bytes in RAX: Microsoft's compiler
    /// calls it for frames of a page and more.</summary>
    /// <remarks>Visual C++: /Gs. Only a routine of the virtual processor's own can take RAX and leave all registers as
    /// they are.</remarks>
    [Export(Name = "__chkstk")]
    public static void CheckStack() =>
        Invariant.Holds(false, "the virtual processor has a routine that checks the stack");

    /// <summary>Compares memory as unsigned bytes: negative, zero or positive.</summary>
    /// <remarks>C runtime: memcmp.</remarks>
    [Export]
    public static int memcmp(void* left, void* right, nuint count)
    {
        DriverMemory.RequireReadable(left, count, nameof(memcmp));
        DriverMemory.RequireReadable(right, count, nameof(memcmp));
        for (nuint i = 0; i < count; i++)
        {
            if (((byte*)left)[i] != ((byte*)right)[i])
                return ((byte*)left)[i] < ((byte*)right)[i] ? -1 : 1;
        }
        return 0;
    }

    /// <summary>Address of the first byte with a value, or null.</summary>
    /// <remarks>C runtime: memchr.</remarks>
    [Export]
    public static void* memchr(void* source, int value, nuint count)
    {
        DriverMemory.RequireReadable(source, count, nameof(memchr));
        for (nuint i = 0; i < count; i++)
        {
            if (((byte*)source)[i] == (byte)value)
                return (byte*)source + i;
        }
        return null;
    }

    /// <summary>Copies memory into a buffer of a size in bytes.</summary>
    /// <returns>0; EINVAL for a null source and ERANGE for a buffer that is too small, which is then zeroed; EINVAL for
    /// a null destination.</returns>
    /// <remarks>C runtime: memcpy_s.</remarks>
    [Export]
    public static int memcpy_s(void* destination, nuint size, void* source, nuint count)
    {
        if (count == 0)
            return 0;
        if (destination == null)
            return EINVAL;
        if (source == null || size < count)
        {
            FillMemory(destination, size, 0, nameof(memcpy_s));
            return source == null ? EINVAL : ERANGE;
        }
        CopyMemory(destination, source, count, nameof(memcpy_s));
        return 0;
    }

    /// <summary>Copies memory, overlapping or not, into a buffer of a size in bytes.</summary>
    /// <returns>0, EINVAL for null pointers, ERANGE for a buffer that is too small; nothing is changed then.</returns>
    /// <remarks>C runtime: memmove_s.</remarks>
    [Export]
    public static int memmove_s(void* destination, nuint size, void* source, nuint count)
    {
        if (count == 0)
            return 0;
        if (destination == null || source == null)
            return EINVAL;
        if (size < count)
            return ERANGE;
        CopyMemory(destination, source, count, nameof(memmove_s));
        return 0;
    }
}
