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
        LeaveWildCall(kernel, context);
        while (addresses.Count < FramesMax && kernel.Modules.Find(context->Rip) != null)
        {
            addresses.Add(context->Rip);
            ulong stackPointer = context->Rsp;
            if (!Unwinder.TryUnwind(kernel, context, UnwindFlags.None, out _) || context->Rsp <= stackPointer)
                break;
        }
        return addresses;
    }

    // A call through a null or wild pointer has pushed its return address and done nothing else.
    internal static void LeaveWildCall(NtKernel kernel, CONTEXT* context)
    {
        if (kernel.Modules.Find(context->Rip) != null || !PointerCheck.IsReadable(context->Rsp, sizeof(ulong)))
            return;
        context->Rip = *(ulong*)context->Rsp;
        context->Rsp += sizeof(ulong);
    }
}
