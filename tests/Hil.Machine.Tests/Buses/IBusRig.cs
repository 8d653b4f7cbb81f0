using Hil.Kernel.Platform;
using Hil.Machine.Pci;

namespace Hil.Machine.Tests.Buses;

/// <summary>A machine behind some bus, for <see cref="BusContract"/>.</summary>
public interface IBusRig : IDisposable
{
    IBus Bus { get; }

    PciTopology Pci { get; }

    /// <summary>Physical address of a page of RAM that nobody else uses.</summary>
    ulong PagePhysical { get; }

    /// <summary>The same page as this process sees it.</summary>
    Span<byte> Page { get; }

    /// <summary>From now on interrupts of this level-triggered line are seen.</summary>
    void Listen(uint line);

    /// <summary>Waits for an interrupt of the line; false when none comes.</summary>
    bool TakeInterrupt();

    /// <summary>Says that the interrupt last taken has been served.</summary>
    void EndInterrupt();

    /// <summary>True when an interrupt waits to be taken.</summary>
    bool HasInterrupt { get; }
}
