namespace Hil.Wdm;

/// <summary>How far a bug check callback has come.</summary>
public enum KBUGCHECK_BUFFER_DUMP_STATE : byte
{
    BufferEmpty,
    BufferInserted,
    BufferStarted,
    BufferFinished,
    BufferIncomplete,
}
