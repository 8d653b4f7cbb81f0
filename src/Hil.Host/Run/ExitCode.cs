namespace Hil.Host;

/// <summary>Exit codes of `hil`, as docs/exit-codes.md has them.</summary>
public static class ExitCode
{
    /// <summary>All expectations were met.</summary>
    public const int Success = 0;

    /// <summary>An expectation failed.</summary>
    public const int Failed = 1;

    /// <summary>The driver bug-checked or brought the processor down.</summary>
    public const int BugCheck = 2;

    /// <summary>The environment or an input is at fault.</summary>
    public const int Environment = 3;

    /// <summary>Hil is wrong, not the driver (EX_SOFTWARE of sysexits.h).</summary>
    public const int Internal = 70;

    /// <summary>Ended by Ctrl-C, as shells number it.</summary>
    public const int Interrupted = 130;

    /// <summary>Ended by SIGTERM.</summary>
    public const int Terminated = 143;
}
