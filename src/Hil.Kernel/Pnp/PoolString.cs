namespace Hil.Kernel;

/// <summary>A UNICODE_STRING in driver-visible memory, terminated, for the time of one call.</summary>
internal sealed unsafe class PoolString : IDisposable
{
    public PoolString(string text)
    {
        int bytes = text.Length * sizeof(char);
        var storage = PoolBuffer.AllocateOwn<byte>(sizeof(UNICODE_STRING) + bytes + sizeof(char));
        Value = (UNICODE_STRING*)storage;
        Value->Buffer = (char*)(storage + sizeof(UNICODE_STRING));
        Value->Length = (ushort)bytes;
        Value->MaximumLength = (ushort)(bytes + sizeof(char));
        text.CopyTo(new Span<char>(Value->Buffer, text.Length));
    }

    public UNICODE_STRING* Value { get; }

    public void Dispose() => NtKernel.Current.Pool.Free(Value);
}
