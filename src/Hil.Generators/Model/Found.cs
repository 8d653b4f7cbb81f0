namespace Hil.Generators;

/// <summary>One attributed method as read: a model, or the mistakes that prevent one.</summary>
internal sealed record Found<T>(T? Model, Place Place, EquatableArray<Mistake> Mistakes)
    where T : ExportModel;

internal sealed record PlacedName(string Name, Place Place);
