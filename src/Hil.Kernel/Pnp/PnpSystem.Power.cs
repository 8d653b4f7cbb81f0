namespace Hil.Kernel;

// System sleep and resume. WDK: Handling System Power State Requests. Going down, children come before their parents
// and all are asked before any is told; coming up, parents come first.
public sealed unsafe partial class PnpSystem
{
    /// <summary>What the system was last taken to.</summary>
    public SYSTEM_POWER_STATE SystemState { get; private set; } = SYSTEM_POWER_STATE.PowerSystemWorking;

    /// <summary>Requested power IRPs and idle detection.</summary>
    internal PowerSystem Power { get; }

    /// <summary>Flags of the last PoSetSystemState.</summary>
    internal uint LastSystemState { get; set; }

    /// <summary>Takes all started devices to a sleeping state or back to work.</summary>
    /// <returns>The status of the query that failed (the system then goes on working), or success.</returns>
    public NTSTATUS SetSystemPower(SYSTEM_POWER_STATE state)
    {
        using Operation operation = Begin();
        List<DeviceNode> started = _devices.FindAll(node => node.State == DeviceNodeState.Started);
        if (state > SystemState)
            started.Reverse();
        if (state > SYSTEM_POWER_STATE.PowerSystemWorking)
        {
            NTSTATUS status = QuerySystemPower(started, state);
            if (!status.IsSuccess)
                return status;
        }
        foreach (DeviceNode node in started)
            SendSystemPower(node, IRP_MN_SET_POWER, state);
        SystemState = state;
        return STATUS_SUCCESS;
    }

    /// <summary>Sends IRP_MN_SET_POWER for a device state and waits for it.</summary>
    public NTSTATUS SetDevicePower(DeviceNode node, DEVICE_POWER_STATE state) => SendPower(
        node, IRP_MN_SET_POWER, POWER_STATE_TYPE.DevicePowerState, new POWER_STATE { DeviceState = state });

    private NTSTATUS QuerySystemPower(List<DeviceNode> nodes, SYSTEM_POWER_STATE state)
    {
        for (int asked = 0; asked < nodes.Count; asked++)
        {
            NTSTATUS status = SendSystemPower(nodes[asked], IRP_MN_QUERY_POWER, state);
            if (status.IsSuccess)
                continue;
            // Those that agreed wait for the change; a set to the present state tells them that it does not come.
            for (; asked >= 0; asked--)
                SendSystemPower(nodes[asked], IRP_MN_SET_POWER, SystemState);
            return status;
        }
        return STATUS_SUCCESS;
    }

    private NTSTATUS SendSystemPower(DeviceNode node, byte minor, SYSTEM_POWER_STATE state) =>
        SendPower(node, minor, POWER_STATE_TYPE.SystemPowerState, new POWER_STATE { SystemState = state });

    private NTSTATUS SendPower(DeviceNode node, byte minor, POWER_STATE_TYPE type, POWER_STATE state)
    {
        bool isSystem = type == POWER_STATE_TYPE.SystemPowerState;
        var parameters = new IO_STACK_LOCATION.ParametersUnion
        {
            Power =
            {
                SystemPowerStateContext = ContextOf(node, type),
                Type = type,
                State = state,
                ShutdownType = isSystem && state.SystemState > SYSTEM_POWER_STATE.PowerSystemWorking
                    ? POWER_ACTION.PowerActionSleep
                    : POWER_ACTION.PowerActionNone,
            },
        };
        if (isSystem)
            node.LastSystemState = state.SystemState;
        StackRequest.Answer answer = _requests.Send(node, IRP_MJ_POWER, minor, parameters, STATUS_NOT_SUPPORTED);
        string name = isSystem ? $"S{(int)state.SystemState - 1}" : $"D{(int)state.DeviceState - 1}";
        Report(node, minor, answer.Status, $"{MinorNames.OfPower(minor)} {name}");
        if (!answer.ReachedBus && IsOnOwnBus(node) && (minor == IRP_MN_SET_POWER || answer.Status.IsSuccess))
            Kernel.Violation($"{MinorNames.OfPower(minor)} {name} was not passed down to the bus driver of {node}");
        return answer.Status;
    }

    // WDK: SYSTEM_POWER_STATE_CONTEXT. Both states are those of the system power IRP before this one.
    private static SYSTEM_POWER_STATE_CONTEXT ContextOf(DeviceNode node, POWER_STATE_TYPE type)
    {
        uint before = type == POWER_STATE_TYPE.SystemPowerState ? (uint)node.LastSystemState : 0;
        return new SYSTEM_POWER_STATE_CONTEXT { TargetSystemState = before, EffectiveSystemState = before };
    }
}
