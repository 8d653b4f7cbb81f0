namespace Hil.Kernel;

/// <summary>What a language handler learns about the frame it is called for (winnt.h).</summary>
public unsafe struct DISPATCHER_CONTEXT
{
    public ulong ControlPc;
    public ulong ImageBase;
    public void* FunctionEntry;
    public ulong EstablisherFrame;
    public ulong TargetIp;
    public CONTEXT* ContextRecord;
    public void* LanguageHandler;
    public void* HandlerData;
    public void* HistoryTable;
    public uint ScopeIndex;
    public uint Fill0;
}
