namespace Hil.Machine;

// Work on behalf of host code: register accesses and everything else that runs no driver code.
public sealed unsafe partial class VirtualCpu
{
    public void WriteCode(ulong address, ReadOnlySpan<byte> bytes)
    {
        if (IsBooting)
        {
            // SAFETY: the caller's own pages. No code was translated from them, so there is none to throw away.
            bytes.CopyTo(new Span<byte>((void*)address, bytes.Length));
            return;
        }
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, MonitorLayout.BufferBytes);
            FlushPosted();
            bytes[..count].CopyTo(_mailbox.Buffer);
            Operate(MonitorRequest.WriteCode, address, (ulong)count);
            address += (ulong)count;
            bytes = bytes[count..];
        }
    }

    /// <summary>One request on behalf of host code, such as a register access.</summary>
    /// <returns>What the monitor left in operand A.</returns>
    internal ulong Operate(MonitorRequest request, ulong a, ulong b = 0, ulong c = 0, ulong d = 0)
    {
        BeforeRequest();
        _mailbox.Operand(MonitorLayout.A) = a;
        _mailbox.Operand(MonitorLayout.B) = b;
        _mailbox.Operand(MonitorLayout.C) = c;
        _mailbox.Operand(MonitorLayout.D) = d;
        Request(request, PassiveLevel);
        return _mailbox.Operand(MonitorLayout.A);
    }

    /// <summary>Bytes that go with a bulk request.</summary>
    internal Span<byte> Buffer => _mailbox.Buffer;

    /// <summary>Queues a write that goes out with the next request.</summary>
    internal void Post(ulong address, int width, ulong value)
    {
        const int EntryBytes = 24;
        if ((_posted + 1) * EntryBytes > MonitorLayout.BufferBytes)
            FlushPosted();
        fixed (byte* buffer = _mailbox.Buffer)
        {
            var entry = (ulong*)(buffer + _posted * EntryBytes);
            (entry[0], entry[1], entry[2]) = (address, value, (ulong)width);
        }
        _posted++;
    }

    internal void FlushPosted()
    {
        if (_posted == 0)
            return;
        ThrowIfLost();
        _mailbox.Operand(MonitorLayout.A) = (ulong)_posted;
        _posted = 0;
        Request(MonitorRequest.WriteBatch, PassiveLevel);
    }

    private void BeforeRequest()
    {
        if (_posted != 0)
            FlushPosted();
        if (_loss != null)
            ThrowIfLost();
    }

    private void Request(MonitorRequest request, KIRQL irql)
    {
        _idleIrql = irql;
        bool mustRing = HandOver(request, irql, NoRequestFlags);
        if (mustRing || !SpinForTurn())
            SleepForTurn(driverRuns: false);
        if (_mailbox.Operation != MonitorExit.Done)
            FailMonitor();
    }

    private static KIRQL PassiveLevel => 0;
}
