namespace Hil.Kernel.Tests;

/// <summary>Keeps every kernel event.</summary>
public sealed class EventLog : IKernelObserver
{
    private readonly List<KernelEvent> _events = [];

    public IReadOnlyList<KernelEvent> All => _events;

    public IEnumerable<string> Violations => OfKind(KernelEventKind.Violation).Select(found => found.Text!);

    public IEnumerable<KernelEvent> OfKind(KernelEventKind kind) => _events.Where(found => found.Kind == kind);

    public void OnEvent(in KernelEvent kernelEvent) => _events.Add(kernelEvent);
}
