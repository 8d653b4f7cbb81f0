namespace Hil.Kernel;

/// <summary>The kernel's record of one object: what keeps it alive and what happens when nothing does any more. It
/// stands on the host's side, so that no driver can scribble over reference counts.</summary>
/// <param name="address">The body in driver-visible memory; 0 for an object that only handles name as yet (a registry
/// key).</param>
public sealed class KernelObject(ObjectType type, ulong address, object? payload)
{
    public ObjectType Type { get; } = type;

    public ulong Address { get; internal set; } = address;

    /// <summary>Whether the body is only there to be pointed at, see <see cref="ObjectTable.GiveBody"/>.</summary>
    internal bool IsBodyToken { get; set; }

    /// <summary>What the owner of the object keeps on the host's side.</summary>
    public object? Payload { get; } = payload;

    /// <summary>Full name, canonical, or null.</summary>
    public string? Name { get; internal set; }

    /// <summary>What reports call it, also when it has no name (any more).</summary>
    public string? Title { get; internal set; }

    /// <summary>References by pointer and by handle; the creator's is the first.</summary>
    public long References { get; internal set; } = 1;

    /// <summary>Open handles.</summary>
    public int Handles { get; internal set; }

    /// <summary>The security descriptor in self-relative form, or null.</summary>
    internal byte[]? SecurityDescriptor { get; set; }

    /// <summary>Whether one of the references stands for the object's permanence (OBJ_PERMANENT).</summary>
    public bool IsPermanent { get; internal set; }

    /// <summary>Whether it is gone; another object may have its address.</summary>
    public bool IsDeleted { get; internal set; }

    /// <summary>Called at PASSIVE_LEVEL when the last handle is closed.</summary>
    public Action<KernelObject>? Closed { get; init; }

    /// <summary>Called at PASSIVE_LEVEL when the last reference is gone; frees the body.</summary>
    public Action<KernelObject>? Deleted { get; init; }

    public override string ToString() => Name ?? Title ?? $"{Type} 0x{Address:x}";
}
