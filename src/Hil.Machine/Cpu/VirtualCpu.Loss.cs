using System.Diagnostics.CodeAnalysis;

namespace Hil.Machine;

// A machine that is lost stays lost: every later request says why.
public sealed unsafe partial class VirtualCpu
{
    private void OnLost(MachineLostException loss)
    {
        _loss = loss;
        _qemu.Doorbell.Wake();
    }

    private void ThrowIfLost()
    {
        if (_loss is { } loss)
            throw new MachineLostException(loss.Message, loss.IsTripleFault, loss);
    }

    private MachineLostException Lose(string message)
    {
        var loss = new MachineLostException(message, isTripleFault: true);
        _loss = loss;
        return loss;
    }

    [DoesNotReturn]
    private void FailMonitor()
    {
        throw _mailbox.Operation == MonitorExit.Panic
            ? Lose($"the monitor took exception {_mailbox.Operand(MonitorLayout.A)} "
                + $"at 0x{_mailbox.Operand(MonitorLayout.B):x} "
                + $"(CR2 0x{_mailbox.Operand(MonitorLayout.C):x}, error 0x{_mailbox.Operand(MonitorLayout.D):x}): "
                + "a saved frame or the processor's state was overwritten")
            : Lose($"the mailbox is corrupt: exit code 0x{_mailbox.Operation:x}");
    }
}
