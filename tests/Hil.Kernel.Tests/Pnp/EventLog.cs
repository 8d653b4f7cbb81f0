namespace Hil.Kernel.Tests.Pnp;

/// <summary>Keeps the events that a test looks at.</summary>
internal sealed class EventLog : IKernelObserver
{
    public List<string> Violations { get; } = [];

    public List<(string Text, NTSTATUS Status)> Steps { get; } = [];

    public void OnEvent(in KernelEvent kernelEvent)
    {
        if (kernelEvent.Kind == KernelEventKind.Violation)
            Violations.Add(kernelEvent.Text!);
        else if (kernelEvent.Kind == KernelEventKind.Pnp)
            Steps.Add((kernelEvent.Text!, new NTSTATUS((uint)kernelEvent.C)));
    }
}
