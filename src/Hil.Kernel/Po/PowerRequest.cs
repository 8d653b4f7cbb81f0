namespace Hil.Kernel;

/// <summary>One power IRP that a driver asked the power manager to send.</summary>
internal sealed unsafe class PowerRequest
{
    public required DEVICE_OBJECT* Device { get; init; }

    /// <summary>Bottom of the device's stack: requests for one device are one at a time.</summary>
    public required DEVICE_OBJECT* Bottom { get; init; }

    public required IRP* Irp { get; init; }

    public required DEVICE_OBJECT* Top { get; init; }

    public required byte Minor { get; init; }

    public required POWER_STATE State { get; init; }

    public required DriverRoutine Completion { get; init; }

    public required void* Context { get; init; }

    /// <summary>Wait/wake requests are outstanding for long and stand in nobody's way.</summary>
    public bool IsSerialized => Minor != IRP_MN_WAIT_WAKE;
}
