using System.Runtime.CompilerServices;

namespace Hil.Wdm;

/// <summary>What a device can do, filled in by the drivers of its stack.</summary>
public struct DEVICE_CAPABILITIES
{
    public ushort Size;
    public ushort Version;
    private uint _bits;
    public uint Address;
    public uint UINumber;
    public DeviceStateArray DeviceState;
    public SYSTEM_POWER_STATE SystemWake;
    public DEVICE_POWER_STATE DeviceWake;
    public uint D1Latency;
    public uint D2Latency;
    public uint D3Latency;

    public uint DeviceD1
    {
        readonly get => (uint)BitField.Get(_bits, 0, 1);
        set => _bits = (uint)BitField.Set(_bits, 0, 1, value);
    }

    public uint DeviceD2
    {
        readonly get => (uint)BitField.Get(_bits, 1, 1);
        set => _bits = (uint)BitField.Set(_bits, 1, 1, value);
    }

    public uint LockSupported
    {
        readonly get => (uint)BitField.Get(_bits, 2, 1);
        set => _bits = (uint)BitField.Set(_bits, 2, 1, value);
    }

    public uint EjectSupported
    {
        readonly get => (uint)BitField.Get(_bits, 3, 1);
        set => _bits = (uint)BitField.Set(_bits, 3, 1, value);
    }

    public uint Removable
    {
        readonly get => (uint)BitField.Get(_bits, 4, 1);
        set => _bits = (uint)BitField.Set(_bits, 4, 1, value);
    }

    public uint DockDevice
    {
        readonly get => (uint)BitField.Get(_bits, 5, 1);
        set => _bits = (uint)BitField.Set(_bits, 5, 1, value);
    }

    public uint UniqueID
    {
        readonly get => (uint)BitField.Get(_bits, 6, 1);
        set => _bits = (uint)BitField.Set(_bits, 6, 1, value);
    }

    public uint SilentInstall
    {
        readonly get => (uint)BitField.Get(_bits, 7, 1);
        set => _bits = (uint)BitField.Set(_bits, 7, 1, value);
    }

    public uint RawDeviceOK
    {
        readonly get => (uint)BitField.Get(_bits, 8, 1);
        set => _bits = (uint)BitField.Set(_bits, 8, 1, value);
    }

    public uint SurpriseRemovalOK
    {
        readonly get => (uint)BitField.Get(_bits, 9, 1);
        set => _bits = (uint)BitField.Set(_bits, 9, 1, value);
    }

    public uint WakeFromD0
    {
        readonly get => (uint)BitField.Get(_bits, 10, 1);
        set => _bits = (uint)BitField.Set(_bits, 10, 1, value);
    }

    public uint WakeFromD1
    {
        readonly get => (uint)BitField.Get(_bits, 11, 1);
        set => _bits = (uint)BitField.Set(_bits, 11, 1, value);
    }

    public uint WakeFromD2
    {
        readonly get => (uint)BitField.Get(_bits, 12, 1);
        set => _bits = (uint)BitField.Set(_bits, 12, 1, value);
    }

    public uint WakeFromD3
    {
        readonly get => (uint)BitField.Get(_bits, 13, 1);
        set => _bits = (uint)BitField.Set(_bits, 13, 1, value);
    }

    public uint HardwareDisabled
    {
        readonly get => (uint)BitField.Get(_bits, 14, 1);
        set => _bits = (uint)BitField.Set(_bits, 14, 1, value);
    }

    public uint NonDynamic
    {
        readonly get => (uint)BitField.Get(_bits, 15, 1);
        set => _bits = (uint)BitField.Set(_bits, 15, 1, value);
    }

    public uint WarmEjectSupported
    {
        readonly get => (uint)BitField.Get(_bits, 16, 1);
        set => _bits = (uint)BitField.Set(_bits, 16, 1, value);
    }

    public uint NoDisplayInUI
    {
        readonly get => (uint)BitField.Get(_bits, 17, 1);
        set => _bits = (uint)BitField.Set(_bits, 17, 1, value);
    }

    public uint Reserved
    {
        readonly get => (uint)BitField.Get(_bits, 18, 14);
        set => _bits = (uint)BitField.Set(_bits, 18, 14, value);
    }

    [InlineArray(7)]
    public struct DeviceStateArray
    {
        private DEVICE_POWER_STATE _element0;
    }
}
