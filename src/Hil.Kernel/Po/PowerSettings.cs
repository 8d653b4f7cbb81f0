using System.Buffers.Binary;

namespace Hil.Kernel;

/// <summary>Callbacks for power settings. The machine is a desktop on mains with its display on, and stays
/// so.</summary>
internal sealed unsafe class PowerSettings(NtKernel kernel)
{
    private static readonly Dictionary<Guid, uint> s_values = new()
    {
        [new Guid("5d3e9a59-e9d5-4b00-a6bd-ff34ff516548")] = 0, // GUID_ACDC_POWER_SOURCE: PoAc.
        [new Guid("02731015-4510-4526-99e6-e5a17ebd1aea")] = 1, // GUID_MONITOR_POWER_ON.
        [new Guid("6fe69556-704a-47a0-8f24-c28d936fda47")] = 1, // GUID_CONSOLE_DISPLAY_STATE: on.
        [new Guid("98a7f580-01f7-48aa-9c0f-44352c29e5c0")] = 0, // GUID_SYSTEM_AWAYMODE: no.
    };

    private readonly List<nint> _handles = [];

    /// <summary>Registers a callback; it is called at once with the setting's present value, if it has one.</summary>
    public void* Add(Guid setting, DriverRoutine callback, void* context)
    {
        void* handle = PoolBuffer.AllocateOwn<byte>(sizeof(ulong));
        _handles.Add((nint)handle);
        if (s_values.TryGetValue(setting, out uint value))
            Tell(setting, value, callback, context);
        return handle;
    }

    /// <summary>False when the handle is none.</summary>
    public bool Remove(void* handle)
    {
        if (!_handles.Remove((nint)handle))
            return false;
        kernel.Pool.Free(handle);
        return true;
    }

    // NTSTATUS PowerSettingCallback(LPCGUID SettingGuid, PVOID Value, ULONG ValueLength, PVOID Context)
    private void Tell(Guid setting, uint value, DriverRoutine callback, void* context)
    {
        byte* memory = PoolBuffer.AllocateOwn<byte>(sizeof(Guid) + sizeof(uint));
        *(Guid*)memory = setting;
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(memory + sizeof(Guid), sizeof(uint)), value);
        kernel.Processor.Call(callback, (ulong)memory, (ulong)(memory + sizeof(Guid)), sizeof(uint), (ulong)context);
        kernel.Pool.Free(memory);
    }
}
