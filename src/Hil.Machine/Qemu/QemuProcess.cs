// One QEMU, from its command line to its last words, and never an orphan: one thread starts QEMU, reads what it prints,
// and reaps it, because a child dies with the thread that started it. The channels' readers are set up meanwhile and
// wait for its greeting.

using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using Hil.Machine.Buses;

namespace Hil.Machine.Qemu;

/// <summary>A running QEMU with its control channel, its qtest channel and the guest's doorbell.</summary>
public sealed class QemuProcess : IDisposable
{
    // With -no-reboot a reset becomes a shutdown; nothing but a triple fault resets a machine without firmware.
    private const string ResetReason = "guest-reset";

    private const int NoSuchFile = 2;
    private const int LastWordsMax = 40;
    private const int LineCharsMax = 400;

    private static readonly TimeSpan s_lastWordsTimeout = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_deathTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Queue<string> _lastWords = new();
    private readonly ManualResetEventSlim _ended = new();
    private readonly TaskCompletionSource _started = new();
    private readonly CancellationTokenSource _endedToken = new();
    private List<Action<MachineLostException>>? _listeners = [];
    private ChildProcess? _child;
    private string _exit = "";
    private MachineLostException? _loss;
    private bool _isDisposed;
    private QmpClient? _qmp;
    private QtestClient? _qtest;
    private PlainQtestClient? _plainQtest;
    private GuestDoorbell? _doorbell;

    private QemuProcess()
    {
    }

    /// <summary>Process id.</summary>
    public int Id { get; private set; }

    /// <summary>QEMU's version, from its greeting.</summary>
    public Version Version { get; private set; } = new();

    /// <summary>Whether somebody has stopped QEMU (SIGSTOP) and not let it go on: nothing can be expected of it
    /// then.</summary>
    public bool IsStopped => _child?.IsStopped() ?? false;

    public QmpClient Qmp => _qmp!;

    /// <summary>The qtest channel, unless <see cref="QemuOptions.PlainQtest"/> asked for the plain client.</summary>
    public QtestClient Qtest => _qtest ?? throw new InvalidOperationException("this QEMU has a plain qtest client");

    /// <summary>The plain client of the qtest channel, when <see cref="QemuOptions.PlainQtest"/>
    /// asked for it.</summary>
    public PlainQtestClient PlainQtest =>
        _plainQtest ?? throw new InvalidOperationException("this QEMU has a pipelined qtest client");

    public GuestDoorbell Doorbell => _doorbell!;

    /// <summary>Why the machine is gone, or null while it runs.</summary>
    public MachineLostException? Loss
    {
        get
        {
            lock (_lock)
                return _loss;
        }
    }

    /// <summary>Starts QEMU and returns when its machine runs and every channel is connected.</summary>
    /// <exception cref="MachineStartException">QEMU is missing, too old, or ended; the message says what to
    /// do.</exception>
    public static Task<QemuProcess> StartAsync(QemuOptions options, CancellationToken cancellation = default) =>
        Task.Run(() =>
        {
            QemuProcess qemu = Begin(options);
            qemu.AwaitMachine(options, cancellation);
            return qemu;
        }, CancellationToken.None);

    /// <summary>Starts QEMU and returns when it boots.</summary>
    /// <exception cref="MachineStartException">QEMU is missing, or the system could not start it.</exception>
    internal static QemuProcess Begin(QemuOptions options)
    {
        string program = QemuProgram.Find(options.QemuPath);
        var qemu = new QemuProcess();
        try
        {
            qemu.Spawn(program, options);
            return qemu;
        }
        catch
        {
            qemu.Dispose();
            throw;
        }
    }

    /// <summary>Waits until the machine runs. A QEMU that does not get that far is disposed.</summary>
    /// <exception cref="MachineStartException">QEMU is too old, or ended; the message says what to do.</exception>
    internal void AwaitMachine(QemuOptions options, CancellationToken cancellation)
    {
        try
        {
            Negotiate(options, cancellation);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Calls <paramref name="listener"/> when the machine is lost, at once if it already is. It is called on a
    /// supervising thread and must not block.</summary>
    public void OnLost(Action<MachineLostException> listener)
    {
        MachineLostException? loss;
        lock (_lock)
        {
            loss = _loss;
            _listeners?.Add(listener);
        }
        if (loss != null)
            listener(loss);
    }

    /// <summary>Ends QEMU and waits until it is reaped. Not a loss: listeners are not called.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            _listeners = null;
        }
        Kill();
        if (_child != null)
            _ended.Wait(s_deathTimeout);
        _qmp?.Dispose();
        _qtest?.Dispose();
        _plainQtest?.Dispose();
        _doorbell?.Dispose();
        if (_ended.IsSet)
            _child?.Dispose();
    }

    private void Spawn(string program, QemuOptions options)
    {
        using var sockets = new QemuSockets();
        StartThread(program, QemuCommandLine.Build(options, sockets), sockets);
        try
        {
            OpenChannels(sockets, options.PlainQtest);
        }
        finally
        {
            // Until QEMU runs or could not be started, its ends of the sockets must stay open.
            _started.Task.GetAwaiter().GetResult();
        }
    }

    private void Negotiate(QemuOptions options, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _endedToken.Token);
        limit.CancelAfter(options.StartTimeout);
        try
        {
            Version = Qmp.Negotiate(limit.Token);
            LookForEarlyShutdown(limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw StartFailure(options, e);
        }
        QemuProgram.RequireVersion(Version);
        if (_ended.IsSet)
            throw StartFailure(options, null);
    }

    private void OpenChannels(QemuSockets sockets, bool plainQtest)
    {
        _qmp = new QmpClient(sockets.Qmp, OnEvent, _ => AwaitEnd());
        if (plainQtest)
            _plainQtest = new PlainQtestClient(sockets.Qtest);
        else
            _qtest = new QtestClient(sockets.Qtest, ExplainLoss);
        _doorbell = new GuestDoorbell(sockets.Doorbell);
    }

    private MachineStartException StartFailure(QemuOptions options, Exception? cause)
    {
        bool hasEnded = cause is IOException ? AwaitEnd() : _ended.IsSet;
        Kill();
        string happened = hasEnded
            ? $"QEMU ended at start ({_exit})"
            : string.Create(CultureInfo.InvariantCulture,
                $"QEMU did not get ready within {options.StartTimeout.TotalSeconds:0.#} s");
        string program = QemuProgram.Find(options.QemuPath);
        return new MachineStartException(QemuProgram.ExplainFailure(program, happened, LastWords()), cause);
    }

    private void StartThread(string program, IReadOnlyList<string> arguments, QemuSockets sockets)
    {
        var thread = new Thread(() => Supervise(program, arguments, sockets), maxStackSize: 512 * 1024)
        {
            IsBackground = true,
            Name = "Hil QEMU",
        };
        thread.Start();
    }

    private void Supervise(string program, IReadOnlyList<string> arguments, QemuSockets sockets)
    {
        try
        {
            _child = ChildProcess.Start(
                program, arguments, sockets.QemuQmp, sockets.QemuQtest, sockets.QemuDoorbell);
        }
        catch (Exception e)
        {
            _ended.Set();
            _started.SetException(new MachineStartException(
                e is Win32Exception { NativeErrorCode: NoSuchFile }
                    ? $"{ChildProcess.Launcher}, which starts QEMU, is not in PATH; "
                        + "install it with: apt-get install util-linux"
                    : $"cannot start {program}: {e.Message}", e));
            return;
        }
        Id = _child.Id;
        _started.SetResult();
        while (_child.Output.ReadLine() is { } line)
            Remember(line);
        _exit = _child.WaitForExit();
        // Whoever waits for the end asks for the reason next; and a listener may dispose us, which waits for the end.
        var loss = new MachineLostException($"QEMU ended ({_exit}). {LastWords()}".TrimEnd());
        List<Action<MachineLostException>>? listeners = Record(loss);
        _ended.Set();
        _endedToken.Cancel();
        listeners?.ForEach(listener => listener(loss));
    }

    private void OnEvent(QmpEvent happened)
    {
        if (happened.Name != "SHUTDOWN")
            return;
        ReportShutdown(happened.Text("reason") ?? "unknown");
    }

    // QEMU sends no events before the negotiation; a processor that fell at once would go unnoticed.
    private void LookForEarlyShutdown(CancellationToken cancellation)
    {
        JsonElement status = Qmp.Execute("query-status", cancellation);
        if (status.GetProperty("status").ValueEquals("shutdown"))
            ReportShutdown(ResetReason);
    }

    private void ReportShutdown(string reason)
    {
        MachineLostException loss = reason == ResetReason
            ? new MachineLostException("triple fault: the processor could not deliver an exception and was reset", true)
            : new MachineLostException($"QEMU shut the machine down ({reason})");
        Record(loss)?.ForEach(listener => listener(loss));
    }

    // The first loss counts. Returns whom to tell.
    private List<Action<MachineLostException>>? Record(MachineLostException loss)
    {
        lock (_lock)
        {
            if (_loss != null)
                return null;
            _loss = loss;
            List<Action<MachineLostException>>? listeners = _listeners;
            _listeners = null;
            return listeners;
        }
    }

    private MachineLostException ExplainLoss()
    {
        AwaitEnd();
        return Loss ?? new MachineLostException("QEMU closed its qtest channel");
    }

    // A channel ends a little before QEMU is reaped and its last words are read. A QEMU that closed a channel and lives
    // on is of no use.
    private bool AwaitEnd()
    {
        if (!_ended.Wait(s_lastWordsTimeout))
            Kill();
        return _ended.Wait(s_deathTimeout);
    }

    /// <summary>Ends QEMU as if somebody outside had: the machine is lost, and whoever waits for it hears so.</summary>
    public void Kill() => _child?.Kill();

    private void Remember(string line)
    {
        lock (_lock)
        {
            if (_lastWords.Count == LastWordsMax)
                _lastWords.Dequeue();
            _lastWords.Enqueue(line.Length <= LineCharsMax ? line : line[..LineCharsMax]);
        }
    }

    private string LastWords()
    {
        lock (_lock)
            return string.Join('\n', _lastWords);
    }
}
