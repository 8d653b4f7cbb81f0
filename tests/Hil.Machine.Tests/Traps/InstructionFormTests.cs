using Hil.Kernel.Platform;
using Iced.Intel;

namespace Hil.Machine.Tests.Traps;

/// <summary>Each form does to registers, flags, memory and device what it does when it reaches the device itself, and
/// QEMU sees the same accesses.</summary>
public sealed class InstructionFormTests : IAsyncLifetime
{
    private const int MemoryOffset = 0x1000;

    private TrapRig _rig = null!;

    public async ValueTask InitializeAsync() => _rig = await TrapRig.StartAsync(logs: true);

    public ValueTask DisposeAsync()
    {
        _rig?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void FormsOnDeviceMemoryDoWhatTheyDoDirectly()
    {
        foreach ((string name, Action<Assembler> form) in InstructionForms.Wide.Concat(InstructionForms.Narrow))
            Compare(name, form, _rig.SharedBytes + 0x100, "none");
    }

    [Fact]
    public void WideFormsReachARegisterAsTheyDoDirectly()
    {
        foreach ((string name, Action<Assembler> form) in InstructionForms.Wide)
            Compare(name, form, _rig.EduRegisters + 0x80, "edu-mmio");
    }

    [Fact]
    public void NarrowFormsReachARegisterAsTheyDoDirectly()
    {
        foreach ((string name, Action<Assembler> form) in InstructionForms.Narrow)
        {
            if (name.Contains("across", StringComparison.Ordinal) || name is "call [m]" or "jmp [m]")
                continue; // One page of registers that keep no addresses.
            Compare(name, form, _rig.TestRegisters, "pci-testdev-mmio");
        }
    }

    private void Compare(string name, Action<Assembler> form, ulong device, string region)
    {
        ulong code = _rig.Place(a => InstructionForms.Emit(a, form, device, _rig.Memory + MemoryOffset));
        long position = 0;
        _rig.ReadLog(region, ref position);

        _rig.Do(Reset);
        _rig.Directly(() => _rig.Call(code, _rig.Memory));
        byte[] expected = Snapshot();
        List<string> expectedLog = _rig.ReadLog(region, ref position);
        byte[] expectedDevice = DeviceBytes();

        _rig.Do(Reset);
        long events = _rig.EventCount;
        _rig.Call(code, _rig.Memory);
        byte[] actual = Snapshot();
        List<string> actualLog = _rig.ReadLog(region, ref position);
        byte[] actualDevice = DeviceBytes();

        Assert.True(expectedLog.SequenceEqual(actualLog),
            $"{name}: directly\n{string.Join('\n', expectedLog)}\ntrapped\n{string.Join('\n', actualLog)}");
        AssertSame(name, "registers and memory", expected, actual);
        AssertSame(name, "device", expectedDevice, actualDevice);
        bool isTrapped = name is not ("rep movsd of nothing" or "maskmovdqu");
        Assert.True(_rig.EventCount > events == isTrapped,
            $"{name}: {_rig.EventCount - events} accesses came to the host");
    }

    private unsafe void Reset()
    {
        var bytes = new Span<byte>((byte*)_rig.Memory, 0x2000);
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(i * 37 + (i >> 8));
        var device = new byte[0x2000];
        for (int i = 0; i < device.Length; i++)
            device[i] = (byte)(i * 91 + 3);
        _rig.Machine.Bus.WriteMemory(_rig.SharedMemory.Address, device, 8);
        _rig.Machine.Bus.WriteMemory(_rig.Edu.Address + 0x80, 8, 0x0123_4567_89AB_CDEF);
        _rig.Machine.Bus.WriteMemory(_rig.Edu.Address + 0x88, 8, 0xFEDC_BA98_7654_3210);
    }

    private unsafe byte[] Snapshot() => new ReadOnlySpan<byte>((byte*)_rig.Memory, 0x2000).ToArray();

    private byte[] DeviceBytes()
    {
        var bytes = new byte[0x2000];
        _rig.Do(() => _rig.Machine.Bus.ReadMemory(_rig.SharedMemory.Address, bytes, 8));
        return bytes;
    }

    private static void AssertSame(string name, string what, byte[] expected, byte[] actual)
    {
        int at = expected.AsSpan().CommonPrefixLength(actual);
        Assert.True(at == expected.Length, at == expected.Length ? "" :
            $"{name}: {what} differ at 0x{at:x}: directly {Convert.ToHexString(expected.AsSpan(at & ~7, 8))}, " +
            $"trapped {Convert.ToHexString(actual.AsSpan(at & ~7, 8))}");
    }
}
