namespace Hil.Wdm;

/// <summary>A state of the whole system.</summary>
public enum SYSTEM_POWER_STATE
{
    PowerSystemUnspecified,
    PowerSystemWorking,
    PowerSystemSleeping1,
    PowerSystemSleeping2,
    PowerSystemSleeping3,
    PowerSystemHibernate,
    PowerSystemShutdown,
    PowerSystemMaximum,
}
