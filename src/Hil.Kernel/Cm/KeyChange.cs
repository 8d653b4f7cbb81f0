namespace Hil.Kernel;

/// <summary>What may happen to a registry key: REG_NOTIFY_CHANGE_XXX.</summary>
[Flags]
internal enum KeyChange : uint
{
    /// <summary>A subkey is made or deleted.</summary>
    Name = 1,

    /// <summary>The key's attributes change, which they never do here.</summary>
    Attributes = 2,

    /// <summary>A value is set or deleted.</summary>
    LastSet = 4,

    /// <summary>The key's security descriptor changes, which it never does here.</summary>
    Security = 8,

    All = Name | Attributes | LastSet | Security,
}
