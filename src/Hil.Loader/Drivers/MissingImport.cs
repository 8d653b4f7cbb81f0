namespace Hil.Loader;

/// <summary>An import that nothing provides. The driver was loaded all the same; calling it stops the
/// machine.</summary>
/// <param name="Module">File name as the image spells it.</param>
/// <param name="Name">The name, or <c>#17</c> for an ordinal.</param>
/// <param name="IsModuleAbsent">The module itself is an export driver that was not loaded first.</param>
public sealed record MissingImport(string Module, string Name, bool IsModuleAbsent)
{
    public override string ToString() => $"{Module}!{Name}";
}
