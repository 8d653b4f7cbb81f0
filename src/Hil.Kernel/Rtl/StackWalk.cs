namespace Hil.Kernel;

/// <summary>Return addresses on a driver's stack, for reports and RtlCaptureStackBackTrace.</summary>
internal static unsafe class StackWalk
{
    /// <summary>Deeper than a 24 KB stack gets in practice, and a bound for stacks that lead in circles.</summary>
    public const int FramesMax = 64;

    /// <summary>The addresses from <paramref name="context"/> outwards, the current one first. Changes the
    /// context.</summary>
    public static IReadOnlyList<ulong> Walk(NtKernel kernel, CONTEXT* context)
    {
        var addresses = new List<ulong>();
        while (addresses.Count < FramesMax && kernel.Modules.Find(context->Rip) != null)
        {
            addresses.Add(context->Rip);
            ulong stackPointer = context->Rsp;
            if (!Unwinder.TryUnwind(kernel, context, UnwindFlags.None, out _) || context->Rsp <= stackPointer)
                break;
        }
        return addresses;
    }
}
