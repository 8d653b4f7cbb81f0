using Hil.Kernel;

namespace Hil.Host;

/// <summary>A request on its way through the driver, in the background or waited for.</summary>
internal sealed class RunningRequest : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly byte[] _output;

    public RunningRequest(RequestStep step, HilFile file)
    {
        Step = step;
        _output = new byte[step.Output.Length];
        Task = step.Kind switch
        {
            RequestKind.Ioctl => file.DeviceIoControlAsync(step.Code, step.Input.Bytes, _output, _cancellation.Token),
            RequestKind.InternalIoctl =>
                file.InternalDeviceIoControlAsync(step.Code, step.Input.Bytes, _output, _cancellation.Token),
            RequestKind.Read => file.ReadAsync(_output, step.Offset, _cancellation.Token),
            _ => file.WriteAsync(step.Input.Bytes, step.Offset, _cancellation.Token),
        };
    }

    public RequestStep Step { get; }

    public Task<IoResult> Task { get; }

    public ReadOnlySpan<byte> Output => _output;

    public void Cancel() => _cancellation.Cancel();

    public void Dispose() => _cancellation.Dispose();
}
