namespace Hil.Trace;

/// <summary>Requests from above as records.</summary>
internal static class TraceRequests
{
    // A file transfer of a workload is a few pages; this bounds what a damaged trace can make us allocate.
    private const ulong BufferBytesMax = 64 << 20;

    public static void Write(TraceLog log, OutsideRequest request) =>
        log.Add(
            TraceKind.Request,
            [
                (ulong)request.Number, (ulong)request.Kind, (ulong)request.File, request.Code, (ulong)request.Offset,
                request.Flags, request.InputAddress, request.OutputAddress, request.OutputBytes,
            ],
            request.Data.Span);

    /// <exception cref="TraceReplayException">The record makes no sense.</exception>
    public static OutsideRequest Read(TraceWalk walk)
    {
        if (walk[1] > byte.MaxValue || !Enum.IsDefined((OutsideRequestKind)walk[1]) || walk[0] > long.MaxValue)
            throw new TraceReplayException($"record {walk.Sequence}: {walk[1]} is no kind of request");
        var request = new OutsideRequest((OutsideRequestKind)walk[1])
        {
            Number = (long)walk[0],
            File = (long)walk[2],
            Code = (uint)walk[3],
            Offset = (long)walk[4],
            Flags = (uint)walk[5],
            InputAddress = walk[6],
            OutputAddress = walk[7],
            OutputBytes = (uint)walk[8],
            Data = walk.Data.ToArray(),
        };
        bool isOutputRead = (request.Flags & OutsideRequest.OutputIsRead) != 0;
        bool isFileRequest = request.Kind is OutsideRequestKind.Submit or OutsideRequestKind.Execute;
        if (isFileRequest && (byte)request.Flags > WdmConstants.IRP_MJ_MAXIMUM_FUNCTION)
            throw new TraceReplayException(
                $"record {walk.Sequence}: request {request.Number} has major function 0x{(byte)request.Flags:x}, "
                + "which is none");
        if (walk[8] > BufferBytesMax || (isOutputRead && request.OutputBytes > (uint)request.Data.Length))
            throw new TraceReplayException($"record {walk.Sequence}: request {request.Number} has impossible sizes");
        return request;
    }
}
