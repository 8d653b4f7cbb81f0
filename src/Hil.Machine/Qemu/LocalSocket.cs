using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hil.Machine.Qemu;

/// <summary>Our end of a connection to QEMU, blocking. In place of System.Net's socket, which also does names, timeouts
/// and asynchrony, and takes half as long to load as QEMU to start.</summary>
public sealed unsafe partial class LocalSocket : IDisposable
{
    private const int UnixFamily = 1;
    private const int StreamCloseOnExec = 0x80001;
    private const int NoSignal = 0x4000;
    private const int BothDirections = 2;
    private const nuint BytesAvailable = 0x541B; // FIONREAD
    private const int Interrupted = 4;

    private readonly SafeFileHandle _handle;
    private int _isDisposed;

    private LocalSocket(SafeFileHandle handle) => _handle = handle;

    /// <summary>Descriptor number, for poll.</summary>
    public int Descriptor => (int)_handle.DangerousGetHandle();

    /// <summary>Bytes that can be received at once.</summary>
    public int Available => Control(_handle, BytesAvailable, out int bytes) == 0 ? bytes : 0;

    /// <summary>Makes two connected ends; children inherit neither unless told to.</summary>
    /// <exception cref="MachineStartException">There are no descriptors left.</exception>
    public static (LocalSocket Ours, SafeFileHandle Other) Connect()
    {
        int* ends = stackalloc int[2];
        if (CreatePair(UnixFamily, StreamCloseOnExec, 0, ends) != 0)
            throw new MachineStartException($"cannot create sockets for QEMU: {LastError().Message}");
        return (new LocalSocket(new SafeFileHandle(ends[0], true)), new SafeFileHandle(ends[1], true));
    }

    /// <summary>Blocks until bytes come.</summary>
    /// <returns>How many; 0 when the connection has ended.</returns>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed before.</exception>
    public int Receive(Span<byte> buffer)
    {
        while (true)
        {
            nint count;
            fixed (byte* bytes = buffer)
                count = Receive(_handle, bytes, (nuint)buffer.Length, 0);
            if (count >= 0)
                return (int)count;
            RequireInterruption();
        }
    }

    /// <summary>Blocks until all bytes are sent.</summary>
    /// <exception cref="IOException">The connection has ended.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed before.</exception>
    public void Send(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            nint count;
            fixed (byte* bytes = data)
                count = Send(_handle, bytes, (nuint)data.Length, NoSignal);
            if (count >= 0)
                data = data[(int)count..];
            else
                RequireInterruption();
        }
    }

    /// <summary>Ends the connection, and with it a call that is blocked in <see cref="Receive(Span{byte})"/>.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _ = Shutdown(_handle, BothDirections);
        _handle.Dispose();
    }

    private static void RequireInterruption()
    {
        Win32Exception error = LastError();
        if (error.NativeErrorCode != Interrupted)
            throw new IOException(error.Message, error);
    }

    private static Win32Exception LastError() => new(Marshal.GetLastPInvokeError());

    [LibraryImport("libc.so.6", EntryPoint = "socketpair", SetLastError = true)]
    private static partial int CreatePair(int family, int type, int protocol, int* ends);

    [LibraryImport("libc.so.6", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(SafeFileHandle socket, byte* buffer, nuint bytes, int flags);

    [LibraryImport("libc.so.6", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(SafeFileHandle socket, byte* data, nuint bytes, int flags);

    [LibraryImport("libc.so.6", EntryPoint = "shutdown")]
    private static partial int Shutdown(SafeFileHandle socket, int directions);

    [LibraryImport("libc.so.6", EntryPoint = "ioctl")]
    private static partial int Control(SafeFileHandle socket, nuint request, out int value);
}
