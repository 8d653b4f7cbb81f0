namespace Hil.Kernel;

/// <summary>Hears kernel events as they happen.</summary>
public interface IKernelObserver
{
    void OnEvent(in KernelEvent kernelEvent);
}
