using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hil.Machine.Qemu;

namespace Hil.Machine.Tests.Qemu;

public sealed class QmpClientTests : IDisposable
{
    private const string Greeting =
        """{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}}""";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly Socket _peer;
    private readonly QmpClient _client;
    private readonly TaskCompletionSource<QmpEvent> _event = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Exception?> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public QmpClientTests()
    {
        (LocalSocket ours, _peer) = LocalSockets.Connect();
        _client = new QmpClient(
            ours, happened => _event.TrySetResult(happened), reason => _closed.TrySetResult(reason));
    }

    public void Dispose()
    {
        _client.Dispose();
        _peer.Dispose();
    }

    [Fact]
    public async Task NegotiationGivesTheVersion()
    {
        Task<Version> negotiation = Task.Run(() => _client.Negotiate());
        Send(Greeting);
        Assert.Contains("\"qmp_capabilities\"", Receive(), StringComparison.Ordinal);
        Send("""{"return": {}, "id": 1}""");

        Assert.Equal(new Version(7, 2, 22), await negotiation.WaitAsync(s_patience));
    }

    [Fact]
    public async Task ArgumentsAreSentAndAnswersFoundById()
    {
        Task<JsonElement> first = _client.ExecuteAsync("one");
        Task<JsonElement> second = _client.ExecuteAsync("two", new JsonObject { ["path"] = "/machine" });
        string sent = Receive();
        while (!sent.Contains("/machine", StringComparison.Ordinal))
            sent += Receive();

        Send("""{"return": 2, "id": 2}""");
        Send("""{"return": 1, "id": 1}""");

        Assert.Equal(1, (await first.WaitAsync(s_patience)).GetInt32());
        Assert.Equal(2, (await second.WaitAsync(s_patience)).GetInt32());
    }

    [Fact]
    public async Task RefusalCarriesQemusDescription()
    {
        Task<JsonElement> command = _client.ExecuteAsync("nonsense");
        Send("""{"error": {"class": "CommandNotFound", "desc": "The command nonsense has not been found"}, "id": 1}""");

        var thrown = await Assert.ThrowsAsync<QmpException>(() => command.WaitAsync(s_patience));

        Assert.Equal("QMP command nonsense: The command nonsense has not been found", thrown.Message);
    }

    [Fact]
    public async Task RefusalWithoutADescriptionIsStillOne()
    {
        Task<JsonElement> command = _client.ExecuteAsync("nonsense");
        Send("""{"error": 5, "id": 1}""");

        await Assert.ThrowsAsync<QmpException>(() => command.WaitAsync(s_patience));
    }

    [Fact]
    public async Task EventsAreReportedWithTheirData()
    {
        Send("""{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}, "timestamp": {}}""");

        QmpEvent happened = await _event.Task.WaitAsync(s_patience);

        Assert.Equal(("SHUTDOWN", "guest-reset"), (happened.Name, happened.Text("reason")));
        Assert.Null(happened.Text("guest"));
        Assert.Null(new QmpEvent("STOP", default).Text("reason"));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[1, 2]")]
    [InlineData("")]
    [InlineData("""{"QMP": 5}""")]
    [InlineData("""{"QMP": {"version": {"qemu": {"major": "7"}}}}""")]
    [InlineData("""{"QMP": {"version": {"qemu": {"micro": -1, "minor": 2, "major": 7}}}}""")]
    public async Task MalformedMessageEndsTheChannelForEveryWaiter(string line)
    {
        Task<Version> negotiation = Task.Run(() => _client.Negotiate());
        Task<JsonElement> command = _client.ExecuteAsync("query-status");

        Send(line);

        Assert.IsType<InvalidDataException>(await _closed.Task.WaitAsync(s_patience));
        await Assert.ThrowsAsync<IOException>(() => negotiation.WaitAsync(s_patience));
        await Assert.ThrowsAsync<IOException>(() => command.WaitAsync(s_patience));
    }

    [Fact]
    public async Task AnswerToNobodyIsIgnored()
    {
        Task<JsonElement> command = _client.ExecuteAsync("query-status");

        Send("""{"return": 5, "id": 77}""");
        Send("""{"return": 5}""");
        Send("""{"event": 5}""");
        Send("""{"return": 5, "id": "1"}""");
        Send("""{"return": 6, "id": 1}""");

        Assert.Equal(6, (await command.WaitAsync(s_patience)).GetInt32());
    }

    [Fact]
    public async Task EndOfChannelFailsWaitersAndLaterCallers()
    {
        Task<JsonElement> command = _client.ExecuteAsync("query-status");

        _peer.Dispose();

        await Assert.ThrowsAsync<IOException>(() => command.WaitAsync(s_patience));
        await Assert.ThrowsAsync<IOException>(() => _client.ExecuteAsync("query-status"));
    }

    [Fact]
    public async Task RandomMessagesNeverHangACaller()
    {
        string[] words =
            ["{", "}", "[", "]", ":", ",", "\"id\"", "1", "\"event\"", "\"QMP\"", "\"return\"", "\n", "null"];
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            (LocalSocket ours, Socket peer) = LocalSockets.Connect();
            using var client = new QmpClient(ours, _ => { }, _ => { });
            Task<JsonElement> command = client.ExecuteAsync("query-status");

            peer.Send(Encoding.UTF8.GetBytes(string.Concat(random.GetItems(words, random.Next(200)))));
            peer.Dispose();

            await Assert.ThrowsAsync<IOException>(() => command.WaitAsync(s_patience));
        }
    }

    private void Send(string line) => _peer.Send(Encoding.UTF8.GetBytes(line + "\r\n"));

    private string Receive()
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, _peer.Receive(buffer));
    }
}
