using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Loader;
using Hil.Machine;
using Hil.Trace;

namespace Hil.Host;

/// <summary>A captured run, done again without its device.</summary>
public sealed class TraceReplay : IDisposable
{
    private readonly ReplayOptions _options;
    private readonly TraceReader _reader;
    private readonly TraceWalk _walk;
    private readonly TraceProfile _profile;
    private readonly TraceCategories _categories;
    private readonly byte[]? _image;
    private readonly List<string> _warnings = [];

    /// <exception cref="TraceFormatException">The file is no trace.</exception>
    /// <exception cref="TraceReplayException">It is not one that can be replayed.</exception>
    public TraceReplay(ReplayOptions options)
    {
        _options = options;
        _reader = TraceReader.Open(options.TracePath);
        try
        {
            RequireSameInputs(_reader.Kinds);
            (_profile, _image) = ReadStart(_reader);
            _categories = RequireInputs(_profile);
            RequireOtherFile(options);
            _walk = new TraceWalk(_reader);
        }
        catch
        {
            _reader.Dispose();
            throw;
        }
    }

    /// <summary>What was captured.</summary>
    public TraceProfile Profile => _profile;

    /// <summary>Records of the trace as lines of a report.</summary>
    public IEnumerable<string> Describe(IEnumerable<ulong> sequences)
    {
        using TraceCursor cursor = _reader.OpenCursor();
        foreach (ulong sequence in sequences)
        {
            cursor.SeekTo(sequence);
            if (cursor.MoveNext())
                yield return RecordText.Of(cursor);
        }
    }

    /// <summary>The session that replays, once it has begun; for reports.</summary>
    public DriverSession? Session { get; private set; }

    /// <summary>Does the run again, to the end of the trace or to the first thing that is not on it.</summary>
    /// <exception cref="MachineStartException">QEMU did not come up.</exception>
    /// <exception cref="BadDriverImageException">The image is no driver that can run here.</exception>
    public async Task<ReplayResult> RunAsync(
        IKernelObserver? observer = null, CancellationToken cancellation = default)
    {
        bool isManaged = _profile.Driver.Managed != null;
        DriverImage? image = isManaged ? null : ReadImage();
        ManagedDriver? managed = isManaged ? MakeManaged() : null;
        ReplayComparison comparison = ChooseComparison(image?.Sha256 ?? Sha256Of(managed!));
        using TraceWriter? again = _options.CapturePath == null ? null : TraceWriter.Create(_options.CapturePath);
        var tracing = new SessionReplay(_profile, _image, _walk, _categories, again, comparison);
        DriverSessionOptions options = OptionsOf(tracing, image, managed);
        EmulatedMachine machine = EmulatedMachine.Begin(options.Machine, cancellation);
        BugCheckException? bugCheck = null;
        long began = 0;
        Exception? stop = null;
        try
        {
            Session = await Task.Run(() => DriverSession.Load(options, machine, observer)).ConfigureAwait(false);
            began = Stopwatch.GetTimestamp();
            stop = await FinishAsync(Session, tracing.Log!, cancellation).ConfigureAwait(false);
            bugCheck = stop as BugCheckException;
        }
        catch (MachineLostException) when (_walk.Divergence != null || _walk.IsCutOff || _walk.Refusal != null)
        {
            // The driver is not loaded as it was: the divergence says so.
        }
        if ((tracing.Log?.Failure ?? _walk.Refusal) is { } failure)
            ExceptionDispatchInfo.Throw(failure);
        TimeSpan replayed = Stopwatch.GetElapsedTime(began);
        if (_walk.Divergence == null && stop != null && bugCheck == null && !_walk.IsCutOff)
            throw stop;
        if (_walk.IsCutOff)
            _warnings.Add(DescribeCut());
        if (again != null)
        {
            Session?.EndCapture(0);
            if (_walk.ExitCode is { } exitCode && _walk.Divergence == null)
                tracing.AddEnd(exitCode);
            again.Complete();
        }
        return new ReplayResult(
            _walk.Divergence, bugCheck?.Report, _walk.Done, _warnings, TimeSpan.FromTicks(_walk.Time), replayed);
    }

    public void Dispose()
    {
        Session?.Dispose();
        _walk.Dispose();
        _reader.Dispose();
    }

    // Null when the trace was done to its end; else what stopped the kernel.
    private static async Task<Exception?> FinishAsync(
        DriverSession session, TraceLog log, CancellationToken cancellation)
    {
        var stopped = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        session.Kernel.Scheduler.Stopped += reason => stopped.TrySetResult(reason);
        await using CancellationTokenRegistration abort = cancellation.Register(session.Machine.Qemu.Kill);
        session.Kernel.Scheduler.Begin();
        await Task.WhenAny(log.Over, stopped.Task).ConfigureAwait(false);
        // A trace that ends in the middle of something stops the kernel, too: then both are done, in any order.
        Exception? reason = stopped.Task.IsCompleted ? await stopped.Task.ConfigureAwait(false) : null;
        return log.Over.IsCompleted && reason is not BugCheckException ? null : reason;
    }

    private static (TraceProfile Profile, byte[]? Image) ReadStart(TraceReader reader)
    {
        const int LookedAt = 4096; // Both come before any code of the driver runs.
        TraceProfile? profile = null;
        byte[]? image = null;
        using TraceCursor cursor = reader.OpenCursor();
        for (int i = 0; i < LookedAt && (profile == null || image == null) && cursor.MoveNext(); i++)
        {
            if (cursor.Kind == TraceKind.Profile)
                profile = TraceProfile.Parse(cursor.Data);
            else if (cursor.Kind == TraceKind.Image && cursor[0] == 0)
                image = cursor.Data.ToArray();
        }
        if (profile == null)
            throw new TraceReplayException("the trace does not say what was captured (no profile)");
        return (profile, image);
    }

    // A run can be done again only by the questions that it was captured with. Other kinds a replay steps over.
    private static void RequireSameInputs(IReadOnlyList<TraceRecordKind> kinds)
    {
        string[] theirs = [.. kinds.Where(static kind => kind.IsInput).Select(static kind => kind.Name)];
        string[] ours = [.. TraceSchema.Kinds.Where(static kind => kind.IsInput).Select(static kind => kind.Name)];
        string[] unknown = [.. theirs.Except(ours)];
        string[] absent = [.. ours.Except(theirs)];
        if (unknown.Length + absent.Length != 0)
            throw new TraceReplayException("another version of hil captured the trace: "
                + (unknown.Length != 0
                    ? $"this one does not know its records {string.Join(", ", unknown)}"
                    : $"it has no records {string.Join(", ", absent)}")
                + "; replay it with that version, or capture the run anew");
    }

    private static TraceCategories RequireInputs(TraceProfile profile)
    {
        TraceCategories categories = TraceCategories.Of(profile.Categories);
        if (!categories.IsReplayable)
            throw new TraceReplayException(
                $"the capture left out what a replay needs: {string.Join(", ", categories.Missing)}");
        return categories;
    }

    private static void RequireOtherFile(ReplayOptions options)
    {
        if (options.CapturePath is not { } target)
            return;
        if (SameFile.Is(target, options.TracePath))
            throw new TraceReplayException("--capture names the trace that is replayed: give another file");
        if (options.DriverPath != null && SameFile.Is(target, options.DriverPath))
            throw new TraceReplayException("--capture names the driver that is replayed: give another file");
    }

    private DriverSessionOptions OptionsOf(SessionReplay tracing, DriverImage? image, ManagedDriver? managed)
    {
        TracedDriver driver = _profile.Driver;
        return new DriverSessionOptions
        {
            Machine = TracedMachine.ForReplay(
                _profile, new MachineOptions { QemuPath = _options.QemuPath }, managed == null),
            Image = image,
            ManagedDriver = managed == null ? null : () => managed,
            ServiceName = driver.ServiceName,
            Match = driver.MatchVendor is { } vendor ? (vendor, driver.MatchDevice ?? 0) : null,
            Interrupts = InterruptsOf(driver),
            Parameters = driver.Parameters.ToImmutableDictionary(
                static value => value.Name, static value => (object?)value.Number ?? value.Text ?? ""),
            Tracing = tracing,
        };
    }

    private static InterruptPreference InterruptsOf(TracedDriver driver) =>
        Enum.TryParse(driver.Interrupts, out InterruptPreference interrupts) && Enum.IsDefined(interrupts)
            ? interrupts
            : throw new TraceReplayException($"the trace grants '{driver.Interrupts}', which is no kind of interrupt");

    // Another build makes other kernel calls at other addresses; what it says to the device is what can be compared.
    private ReplayComparison ChooseComparison(string sha256)
    {
        bool isSameBuild = sha256 == _profile.Driver.Sha256;
        if (!isSameBuild)
            _warnings.Add(
                $"another build of the driver: sha256 {sha256[..16]}, the trace is of {_profile.Driver.Sha256[..16]}; "
                + "compared is what it says to the device");
        ReplayComparison comparison = _options.IsRelaxed ? ReplayComparison.Relaxed
            : isSameBuild ? ReplayComparison.Exact
            : ReplayComparison.Conversation;
        if (_options.CapturePath != null && comparison != ReplayComparison.Exact)
            throw new TraceReplayException("only an exact replay can be captured: the same driver, without --relaxed");
        return comparison;
    }

    private string DescribeCut()
    {
        if (_walk.Missing != 0)
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{_walk.Missing:N0} records of the trace are missing, since it was damaged: compared up to there");
        return "the capture was cut off: compared up to there"
            + (_reader.IsComplete ? "" : " (hil trace repair gives the trace an index)");
    }

    private DriverImage ReadImage()
    {
        if (_options.DriverPath != null)
            return DriverImage.ReadFile(_options.DriverPath);
        if (_image != null)
            return DriverImage.Parse(_image, _profile.Driver.File);
        return _profile.Driver.Path.Length != 0
            ? DriverImage.ReadFile(_profile.Driver.Path)
            : throw new TraceReplayException(
                $"the trace does not hold the driver's image: give {_profile.Driver.File} with --driver");
    }

    // A trace names an assembly, but never makes us load one from a place of its choice.
    private ManagedDriver MakeManaged()
    {
        if (_options.ManagedDriver != null)
            return _options.ManagedDriver();
        TracedDriver driver = _profile.Driver;
        return _options.DriverPath is { Length: > 0 } path
            ? ManagedDriverLoader.CreateFromFile(driver.Managed!, Path.GetFullPath(path))
            : ManagedDriverLoader.Create($"{driver.Managed}, {Path.GetFileNameWithoutExtension(driver.File)}", "");
    }

    private static string Sha256Of(ManagedDriver driver) =>
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(driver.GetType().Assembly.Location)));
}
