namespace Hil.Wdm;

/// <summary>Whether a wait needs all objects or any.</summary>
public enum WAIT_TYPE
{
    WaitAll,
    WaitAny,
}
