namespace Hil.Wdm;

/// <summary>The address of a driver's routine, native or managed; null when the driver set none.</summary>
/// <remarks>Stands for every function-pointer field. Only a processor can call it.</remarks>
public readonly record struct DriverRoutine(ulong Address)
{
    public unsafe DriverRoutine(void* address)
        : this((ulong)address)
    {
    }

    public bool IsNull => Address == 0;

    public override string ToString() => $"0x{Address:X}";
}
