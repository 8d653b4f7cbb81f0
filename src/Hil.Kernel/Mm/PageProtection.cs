namespace Hil.Kernel;

/// <summary>PAGE_XXX constants and what they allow.</summary>
internal static class PageProtection
{
    private const uint Modifiers = PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE;

    /// <summary>What a protection allows; null for what is none. A page cannot be a copy of another, so PAGE_WRITECOPY
    /// is none either.</summary>
    public static PageAccess? Read(uint protect) => (protect & ~Modifiers) switch
    {
        PAGE_NOACCESS => PageAccess.None,
        PAGE_READONLY => PageAccess.Read,
        PAGE_READWRITE => PageAccess.ReadWrite,
        PAGE_EXECUTE or PAGE_EXECUTE_READ => PageAccess.ReadExecute,
        PAGE_EXECUTE_READWRITE => PageAccess.All,
        _ => null,
    };
}
