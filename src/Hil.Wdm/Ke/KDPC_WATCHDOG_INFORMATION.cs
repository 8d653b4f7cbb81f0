namespace Hil.Wdm;

/// <summary>How long DPCs may still run; a limit of 0 says that there is none.</summary>
public struct KDPC_WATCHDOG_INFORMATION
{
    public uint DpcTimeLimit;
    public uint DpcTimeCount;
    public uint DpcWatchdogLimit;
    public uint DpcWatchdogCount;
    public uint Reserved;
}
