namespace Hil.Kernel;

/// <summary>The variable arguments of a C function: on x64 every argument, register or stack, is one 8-byte slot of the
/// caller's frame, so `...` and va_list are both the address of the first slot.</summary>
public readonly unsafe struct VarArgs(ulong* slots)
{
    public readonly ulong* Slots = slots;
}
