using System.Runtime.InteropServices;

namespace Hil.Kernel.Tests;

/// <summary>A RAM window in the test process: reserved pages, user pages, kernel pages. Protection is remembered, not
/// enforced.</summary>
public sealed unsafe class TestMemory : IGuestMemory, IDisposable
{
    private const ulong ReservedBytes = 1 << 20;
    private const ulong UserBytes = 8 << 20;
    private const ulong WindowBytes = 64 << 20;
    private const ulong DeviceSpace = 0xFFFF_E000_0000_0000;
    private const ulong UserDeviceSpace = 0x1_0000; // Below anything that the test process allocates.

    private void* _allocation;
    private readonly PageAccess[] _access = new PageAccess[WindowBytes / PAGE_SIZE];
    private readonly Dictionary<ulong, (ulong Physical, ulong Bytes)> _devices = [];
    private ulong _nextDevice = DeviceSpace;
    private ulong _nextUserDevice = UserDeviceSpace;

    public TestMemory()
    {
        _allocation = NativeMemory.AllocZeroed((nuint)(WindowBytes + PAGE_SIZE));
        Base = ((ulong)_allocation + PAGE_SIZE - 1) & ~(ulong)(PAGE_SIZE - 1);
        Protect(Base, 2 * PAGE_SIZE, PageAccess.ReadWrite);
    }

    public ulong Base { get; }

    public ulong Bytes => WindowBytes;

    public ulong UserBase => Base + ReservedBytes;

    public ulong KernelBase => UserBase + UserBytes;

    public ulong SharedUserData => Base;

    public ulong ProcessorControlRegion => Base + PAGE_SIZE;

    /// <summary>Where import stubs would stand: addresses that nothing else has.</summary>
    public ulong StubBase => Base + ReservedBytes / 2;

    public uint StubCount => (uint)(ReservedBytes / 2 / IVirtualProcessor.StubStride);

    public ulong PhysicalOf(ulong address) => address - Base;

    public ulong AddressOf(ulong physical) => physical < Bytes ? Base + physical : 0;

    public void Protect(ulong address, ulong bytes, PageAccess access) =>
        _access.AsSpan((int)((address - Base) / PAGE_SIZE), (int)(bytes / PAGE_SIZE)).Fill(access);

    public PageAccess AccessOf(ulong address) =>
        address - Base < Bytes ? _access[(address - Base) / PAGE_SIZE] : PageAccess.None;

    public ulong MapDevice(ulong physical, ulong bytes, bool isForUser)
    {
        ref ulong next = ref isForUser ? ref _nextUserDevice : ref _nextDevice;
        ulong address = next + physical % PAGE_SIZE;
        _devices.Add(address, (physical, bytes));
        next += (bytes + 2 * PAGE_SIZE) & ~(ulong)(PAGE_SIZE - 1);
        return address;
    }

    public void UnmapDevice(ulong address, ulong bytes) => _devices.Remove(address);

    public bool TryTranslateDevice(ulong address, out ulong physical)
    {
        foreach ((ulong mapped, (ulong Physical, ulong Bytes) device) in _devices)
        {
            physical = device.Physical + (address - mapped);
            if (address - mapped < device.Bytes)
                return true;
        }
        physical = 0;
        return false;
    }

    public void Dispose()
    {
        NativeMemory.Free(_allocation);
        _allocation = null;
    }
}
