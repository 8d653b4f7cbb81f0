using Hil.Machine.Qemu;

namespace Hil.Machine.Tests.Cpu;

/// <summary>Raises an interrupt again and again from a thread of its own, at moments of its own.</summary>
internal sealed class InterruptRinger : IDisposable
{
    private const int MomentsMax = 400;

    private readonly Thread _thread;
    private volatile bool _isOver;

    public InterruptRinger(QemuProcess qemu, byte vector, int seed)
    {
        _thread = new Thread(() => Run(qemu, vector, new Random(seed))) { IsBackground = true };
        _thread.Start();
    }

    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
    }

    private void Run(QemuProcess qemu, byte vector, Random random)
    {
        while (!_isOver)
        {
            Thread.SpinWait(random.Next(MomentsMax));
            qemu.Qtest.RingDoorbell(vector);
        }
    }
}
