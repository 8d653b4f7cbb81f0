namespace Hil.Kernel;

/// <summary>The registered bug check callbacks, in order of registration.</summary>
internal sealed unsafe class BugCheckCallbacks(NtKernel kernel)
{
    private const int StackBytes = 24 * 1024;

    private readonly List<(ulong Record, bool HasReason)> _records = [];
    private GuestStack? _stack;

    public bool Add(ulong record, bool hasReason)
    {
        if (_records.Exists(known => known.Record == record))
            return false;
        _stack ??= kernel.Pages.AllocateStack(StackBytes);
        _records.Add((record, hasReason));
        return true;
    }

    public bool Remove(ulong record) => _records.RemoveAll(known => known.Record == record) != 0;

    /// <summary>Calls them. One that breaks a rule itself is left as incomplete, and no further one
    /// is called.</summary>
    public void Call(uint code)
    {
        kernel.Processor.Irql = HIGH_LEVEL;
        foreach ((ulong record, bool hasReason) in _records.ToArray())
        {
            int bytes = hasReason ? sizeof(KBUGCHECK_REASON_CALLBACK_RECORD) : sizeof(KBUGCHECK_CALLBACK_RECORD);
            if (!PointerCheck.IsReadable(record, (ulong)bytes))
                continue;
            bool isGood = hasReason
                ? TryCall((KBUGCHECK_REASON_CALLBACK_RECORD*)record, code)
                : TryCall((KBUGCHECK_CALLBACK_RECORD*)record);
            if (!isGood)
                return;
        }
    }

    private bool TryCall(KBUGCHECK_CALLBACK_RECORD* record) =>
        TryCall(record->CallbackRoutine, &record->State, (ulong)record->Buffer, record->Length);

    // A reason's data lies where nobody else works any more: at the bottom of the callbacks' stack.
    private bool TryCall(KBUGCHECK_REASON_CALLBACK_RECORD* record, uint code)
    {
        uint bytes;
        void* data = (void*)_stack!.Limit;
        switch (record->Reason)
        {
            case KBUGCHECK_CALLBACK_REASON.KbCallbackSecondaryDumpData:
                bytes = (uint)sizeof(KBUGCHECK_SECONDARY_DUMP_DATA);
                *(KBUGCHECK_SECONDARY_DUMP_DATA*)data = new KBUGCHECK_SECONDARY_DUMP_DATA
                {
                    InBuffer = (byte*)data + PAGE_SIZE,
                    InBufferLength = PAGE_SIZE,
                    MaximumAllowed = PAGE_SIZE,
                };
                break;
            case KBUGCHECK_CALLBACK_REASON.KbCallbackAddPages:
                bytes = (uint)sizeof(KBUGCHECK_ADD_PAGES);
                *(KBUGCHECK_ADD_PAGES*)data = new KBUGCHECK_ADD_PAGES { BugCheckCode = code };
                break;
            default:
                return true;
        }
        return TryCall(
            record->CallbackRoutine, &record->State, (ulong)record->Reason, (ulong)record, (ulong)data, bytes);
    }

    private bool TryCall(DriverRoutine routine, byte* state, ulong a0, ulong a1, ulong a2 = 0, ulong a3 = 0)
    {
        *state = (byte)KBUGCHECK_BUFFER_DUMP_STATE.BufferStarted;
        try
        {
            kernel.Processor.Interrupt(_stack!, routine, a0, a1, a2, a3);
            *state = (byte)KBUGCHECK_BUFFER_DUMP_STATE.BufferFinished;
            return true;
        }
        catch (Exception e) when (e is BugCheckException or MachineLostException)
        {
            *state = (byte)KBUGCHECK_BUFFER_DUMP_STATE.BufferIncomplete;
            return false;
        }
    }
}
