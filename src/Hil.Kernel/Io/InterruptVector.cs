namespace Hil.Kernel;

/// <summary>What the kernel knows about one vector: how it is raised and which interrupt objects are connected to
/// it.</summary>
internal sealed unsafe class InterruptVector(byte vector, uint? line, bool isLevel)
{
    public byte Vector { get; } = vector;

    /// <summary>The level of a device interrupt is the upper half of its vector.</summary>
    public KIRQL Irql { get; } = (byte)(vector >> 4);

    /// <summary>Global system interrupt that raises it, or null for a message.</summary>
    public uint? Line { get; } = line;

    public bool IsLevel { get; } = isLevel;

    /// <summary>Devices that were granted it.</summary>
    public int Grants { get; set; } = 1;

    /// <summary>Connected interrupt objects, in order of connection.</summary>
    public KINTERRUPT*[] Chain { get; set; } = [];

    /// <summary>How often it came.</summary>
    public long Count { get; set; }

    /// <summary>Whether a passive-level service routine is connected to it.</summary>
    public bool HasPassive
    {
        get
        {
            foreach (KINTERRUPT* interrupt in Chain)
            {
                if (interrupt->PassiveEvent != null)
                    return true;
            }
            return false;
        }
    }

    /// <summary>Whether the passive-level routines are yet to be called, or, on a level-triggered line, to come
    /// back.</summary>
    public bool AwaitsPassive { get; set; }

    /// <summary>Whether the line is masked because every service routine on it is inactive.</summary>
    public bool IsClosed { get; set; }

    /// <summary>The service routine that claimed it last, on a level-triggered line; 0 before.</summary>
    public ulong Claimant { get; set; }

    public InterruptStorm Storm { get; } = new();
}
