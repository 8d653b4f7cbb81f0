namespace Hil.Wdm;

/// <summary>How an interrupt is signalled: level or edge.</summary>
public enum KINTERRUPT_MODE
{
    LevelSensitive,
    Latched,
}
