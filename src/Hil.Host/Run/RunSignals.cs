using System.Runtime.InteropServices;

namespace Hil.Host;

/// <summary>Ctrl-C and SIGTERM while a run lasts: they end it in order.</summary>
internal sealed class RunSignals : IDisposable
{
    // Never disposed: a signal may be in the middle of cancelling it.
    private readonly CancellationTokenSource _received = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration? _fileTooLarge;

    /// <param name="writesFile">Whether the run writes a file, which may grow too large.</param>
    public RunSignals(bool writesFile)
    {
        _interrupt = On(PosixSignal.SIGINT, Hil.Host.ExitCode.Interrupted);
        _terminate = On(PosixSignal.SIGTERM, Hil.Host.ExitCode.Terminated);
        _fileTooLarge = writesFile ? IgnoreFileSizeSignal() : null;
    }

    /// <summary>What the process is to exit with; 0 while no signal has come.</summary>
    public int ExitCode { get; private set; }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Received => _received.Token;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _fileTooLarge?.Dispose();
    }

    private PosixSignalRegistration On(PosixSignal signal, int code) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            ExitCode = code;
            _received.Cancel();
        });

    // Under `ulimit -f` the kernel would end us at the write that is too much; without the signal the write fails, and
    // the run goes on without its trace.
    private static PosixSignalRegistration IgnoreFileSizeSignal()
    {
        const PosixSignal FileSizeExceeded = (PosixSignal)25;
        return PosixSignalRegistration.Create(FileSizeExceeded, static context => context.Cancel = true);
    }
}
