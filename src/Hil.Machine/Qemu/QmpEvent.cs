using System.Text.Json;

namespace Hil.Machine.Qemu;

/// <summary>An event that QEMU reported, such as SHUTDOWN, STOP or RESET.</summary>
/// <param name="Data">The event's own data; undefined kind when it has none.</param>
public readonly record struct QmpEvent(string Name, JsonElement Data)
{
    /// <summary>A text member of the data, or null.</summary>
    public string? Text(string member) =>
        Data.ValueKind == JsonValueKind.Object && Data.TryGetProperty(member, out JsonElement value)
            && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
