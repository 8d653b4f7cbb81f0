using Hil.Kernel;
using Hil.Testing;
using Hil.Wdm;
using static Hil.Wdm.NtStatus;

namespace Hil.EndToEnd.Tests.Traces;

/// <summary>Over two hundred runs, each with interrupts taken at other moments and requests at other times: every one
/// is replayed exactly.</summary>
[Collection(nameof(TraceCollection))]
public sealed class SeededReplayTests
{
    private const int Seeds = 101; // of each kind
    private const int RequestsMax = 10;
    private const uint FactorialDone = 1; // in edu's interrupt status
    private const int SeedsPerTransfer = 10; // a transfer takes edu 100 ms

    [Theory, ClassData(typeof(EduKinds))]
    public async Task EverySeedIsReplayedExactly(EduKind kind)
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using var trace = new TraceFile();
            try
            {
                await trace.CaptureAsync(
                    Edu.Options(kind) with { Schedule = Schedule.Seeded((ulong)seed) }, rig => AskAsync(rig, seed));
                await trace.RequireExactAsync(Edu.Options(kind));
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"seed {seed} of the {kind} driver: {failure.Message}", failure);
            }
        }
    }

    private static async Task AskAsync(HilRig rig, int seed)
    {
        await using HilFile file = await rig.OpenAsync();
        var random = new Random(seed);
        List<Task> requests = [];
        for (int i = random.Next(2, RequestsMax); i > 0; i--)
        {
            requests.Add(random.Next(4) switch
            {
                0 => RaiseAsync(file, (uint)random.Next(1, 200)),
                1 => ComputeAsync(file, random.Next(13)),
                2 => CancelAsync(rig, file),
                _ => CancelAtOnceAsync(file, (uint)random.Next(13)),
            });
            if (random.Next(2) == 0)
                await requests[^1];
        }
        await Task.WhenAll(requests);
        if (seed % SeedsPerTransfer == 0)
            await TransferAsync(file, random);
    }

    // The answer is what the service routine saw; the end of a factorial that was cancelled before may be in it.
    private static async Task RaiseAsync(HilFile file, uint value)
    {
        (NTSTATUS status, uint seen) = await file.AskAsync(Edu.Raise, value);
        Assert.Equal((STATUS_SUCCESS, value | FactorialDone), (status, seen | FactorialDone));
    }

    // A factorial that was cancelled before may still be in the making; the driver says so.
    private static async Task ComputeAsync(HilFile file, int n)
    {
        uint factorial = Enumerable.Range(1, n).Aggregate(1u, static (product, factor) => product * (uint)factor);
        (NTSTATUS status, uint value) = await file.AskAsync(Edu.Factorial, (uint)n);
        Assert.Contains((status, value), ((NTSTATUS, uint)[])[(STATUS_SUCCESS, factorial), (STATUS_DEVICE_BUSY, 0)]);
    }

    private static async Task CancelAsync(HilRig rig, HilFile file)
    {
        using var cancellation = new CancellationTokenSource();
        Task<(NTSTATUS Status, uint)> request = file.AskAsync(Edu.Raise, 0, cancellation.Token);
        await rig.Session.PassAsync();
        await cancellation.CancelAsync();
        Assert.Equal(STATUS_CANCELLED, (await request).Status);
    }

    // The device answers meanwhile, or does not.
    private static async Task CancelAtOnceAsync(HilFile file, uint n)
    {
        using var cancellation = new CancellationTokenSource();
        Task<(NTSTATUS Status, uint)> request = file.AskAsync(Edu.Factorial, n, cancellation.Token);
        await cancellation.CancelAsync();
        Assert.Contains((await request).Status, (NTSTATUS[])[STATUS_SUCCESS, STATUS_CANCELLED, STATUS_DEVICE_BUSY]);
    }

    private static async Task TransferAsync(HilFile file, Random random)
    {
        byte[] sent = new byte[random.Next(1, Edu.BufferBytes)];
        random.NextBytes(sent);
        byte[] received = new byte[sent.Length];
        Assert.Equal(STATUS_SUCCESS, (await file.WriteAsync(sent)).Status);
        Assert.Equal(STATUS_SUCCESS, (await file.ReadAsync(received)).Status);
        Assert.Equal(sent, received);
    }
}
