using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hil.Machine.Qemu;

/// <summary>QEMU's control channel: JSON objects, one a line. QEMU greets; after qmp_capabilities it answers commands
/// by id, with events in between.</summary>
public sealed class QmpClient : IDisposable
{
    // The longest answers (query-qmp-schema) have a few hundred kilobytes.
    private const int LineBytesMax = 8 << 20;

    private readonly LocalSocket _socket;
    private readonly Action<QmpEvent> _onEvent;
    private readonly Action<Exception?> _onClosed;
    private readonly Lock _lock = new();
    private readonly Dictionary<long, PendingCommand> _pending = [];
    private readonly TaskCompletionSource<Version> _greeting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastId;
    private Exception? _closedBy;

    /// <param name="onEvent">Called on the reader thread; must not block.</param>
    /// <param name="onClosed">Called once on the reader thread when the channel ends.</param>
    internal QmpClient(LocalSocket socket, Action<QmpEvent> onEvent, Action<Exception?> onClosed)
    {
        _socket = socket;
        _onEvent = onEvent;
        _onClosed = onClosed;
        new LineReader(socket, LineBytesMax, OnLine, OnClosed).Start("Hil QMP");
    }

    /// <summary>Waits for QEMU's greeting and enters command mode.</summary>
    /// <returns>QEMU's version.</returns>
    /// <exception cref="IOException">The channel is closed.</exception>
    public Version Negotiate(CancellationToken cancellation = default)
    {
        Version version = ResultOf(_greeting.Task, cancellation);
        Execute("qmp_capabilities", cancellation);
        return version;
    }

    /// <summary>Runs a command and waits for its result.</summary>
    /// <exception cref="QmpException">QEMU refused.</exception>
    /// <exception cref="IOException">The channel is closed.</exception>
    public JsonElement Execute(string command, CancellationToken cancellation = default) =>
        ResultOf(ExecuteAsync(command), cancellation);

    /// <summary>Runs a command and returns its result.</summary>
    /// <exception cref="QmpException">QEMU refused.</exception>
    /// <exception cref="IOException">The channel is closed.</exception>
    public Task<JsonElement> ExecuteAsync(string command, JsonObject? arguments = null)
    {
        var pending = new PendingCommand(command);
        lock (_lock)
        {
            if (_closedBy != null)
                return Task.FromException<JsonElement>(_closedBy);
            long id = ++_lastId;
            _pending.Add(id, pending);
            Send(id, command, arguments);
        }
        return pending.Task;
    }

    public void Dispose() => _socket.Dispose();

    private static T ResultOf<T>(Task<T> task, CancellationToken cancellation)
    {
        try
        {
            task.Wait(cancellation);
        }
        catch (AggregateException)
        {
            // What it holds is thrown below, as itself.
        }
        return task.GetAwaiter().GetResult();
    }

    private void Send(long id, string command, JsonObject? arguments)
    {
        // Commands' names need no escaping; a JSON writer's tables take milliseconds to set up at each start.
        string given = arguments == null ? "" : $""", "arguments": {arguments.ToJsonString()}""";
        string line = string.Create(
            CultureInfo.InvariantCulture, $$"""{"execute": "{{command}}", "id": {{id}}{{given}}}""");
        try
        {
            _socket.Send(Encoding.UTF8.GetBytes(line));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The reader sees the end of the connection too and fails everything that is pending.
        }
    }

    private void OnLine(in ReadOnlySequence<byte> line)
    {
        JsonElement message = Parse(line);
        if (Member(message, "QMP") is { ValueKind: not JsonValueKind.Undefined } greeting)
            _greeting.TrySetResult(VersionOf(greeting));
        else if (Member(message, "event") is { ValueKind: JsonValueKind.String } name)
            _onEvent(new QmpEvent(name.GetString()!, Member(message, "data")));
        else
            Answer(message);
    }

    private static JsonElement Parse(in ReadOnlySequence<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            return JsonElement.ParseValue(ref reader);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"QMP sent a line that is not JSON: {e.Message}", e);
        }
    }

    private static Version VersionOf(JsonElement greeting)
    {
        JsonElement version = Member(Member(greeting, "version"), "qemu");
        return new Version(Part("major"), Part("minor"), Part("micro"));

        int Part(string name) =>
            Member(version, name) is { ValueKind: JsonValueKind.Number } part
            && part.TryGetInt32(out int number) && number >= 0
            ? number
            : throw new InvalidDataException("QMP greets without a version");
    }

    private void Answer(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException("QMP sent a line that is not a JSON object");
        PendingCommand? pending = null;
        if (Member(message, "id") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out long id))
        {
            lock (_lock)
                _pending.Remove(id, out pending);
        }
        if (pending == null)
            return;
        if (Member(message, "error") is { ValueKind: not JsonValueKind.Undefined } error)
            pending.SetException(new QmpException(pending.Command, Member(error, "desc").ToString()));
        else
            pending.SetResult(Member(message, "return"));
    }

    // Undefined when there is no such member; QEMU's word for what a message contains is not taken on trust.
    private static JsonElement Member(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement member)
            ? member
            : default;

    private void OnClosed(Exception? reason)
    {
        var closed = new IOException("QEMU closed its control channel", reason);
        PendingCommand[] orphans;
        lock (_lock)
        {
            _closedBy = closed;
            orphans = [.. _pending.Values];
            _pending.Clear();
        }
        _greeting.TrySetException(closed);
        foreach (PendingCommand orphan in orphans)
            orphan.SetException(closed);
        _onClosed(reason);
    }

    private sealed class PendingCommand(string command)
        : TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public string Command { get; } = command;
    }
}
