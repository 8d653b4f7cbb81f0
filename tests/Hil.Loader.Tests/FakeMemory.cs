using System.Runtime.InteropServices;
using Hil.Kernel.Platform;

namespace Hil.Loader.Tests;

/// <summary>A RAM window of plain host memory that remembers what driver code may do with each page.</summary>
internal sealed unsafe class FakeMemory : IGuestMemory, IDisposable
{
    private const ulong PageSize = 4096;
    private const ulong ReservedPages = 2;
    private const ulong UserPages = 16;

    private readonly PageAccess[] _access = new PageAccess[(64 << 20) / PageSize];
    private readonly byte* _bytes;

    public FakeMemory()
    {
        _bytes = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes, 1 << 16);
        NativeMemory.Clear(_bytes, (nuint)(ReservedPages * PageSize));
    }

    public ulong Base => (ulong)_bytes;

    public ulong Bytes => (ulong)_access.Length * PageSize;

    public ulong UserBase => Base + ReservedPages * PageSize;

    public ulong KernelBase => UserBase + UserPages * PageSize;

    public ulong SharedUserData => Base;

    public ulong ProcessorControlRegion => Base + PageSize;

    public ulong PhysicalOf(ulong address) => address - Base;

    public ulong AddressOf(ulong physical) => physical < Bytes ? physical + Base : 0;

    public void Protect(ulong address, ulong bytes, PageAccess access)
    {
        Assert.True(address % PageSize == 0 && bytes % PageSize == 0, "pages are protected whole");
        Array.Fill(_access, access, (int)((address - Base) / PageSize), (int)(bytes / PageSize));
    }

    public PageAccess AccessOf(ulong address) =>
        address - Base < Bytes ? _access[(address - Base) / PageSize] : PageAccess.None;

    public ulong MapDevice(ulong physical, ulong bytes, bool isForUser) => throw new NotSupportedException();

    public void UnmapDevice(ulong address, ulong bytes) => throw new NotSupportedException();

    public bool TryTranslateDevice(ulong address, out ulong physical) => throw new NotSupportedException();

    public void Dispose() => NativeMemory.AlignedFree(_bytes);
}
