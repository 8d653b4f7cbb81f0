using System.Text.Json;

namespace Hil.Wdm.Tests;

// tests/golden/layouts-x64.json came from compiling C against the public headers; where those are older than Windows
// 10, from its public symbols. A row is a structure; its fields are [offset, size], in bytes, with {bit, bits} for bit
// fields and a null size for bits that only the symbols name. A dot descends into a nested structure or union.

/// <summary>The rows of the golden layout file.</summary>
internal static class GoldenLayouts
{
    public static readonly IReadOnlyDictionary<string, GoldenRow> Rows = Read();

    private static Dictionary<string, GoldenRow> Read()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "golden", "layouts-x64.json");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.EnumerateObject().ToDictionary(row => row.Name, row => ReadRow(row.Value));
    }

    private static GoldenRow ReadRow(JsonElement row)
    {
        List<GoldenField> fields = [];
        foreach (JsonProperty field in row.GetProperty("fields").EnumerateObject())
        {
            if (field.Value[1].ValueKind == JsonValueKind.Number)
                fields.Add(ReadField(field.Name, field.Value));
        }
        return new GoldenRow(row.GetProperty("size").GetInt32(), fields);
    }

    private static GoldenField ReadField(string path, JsonElement field)
    {
        int offset = field[0].GetInt32();
        int size = field[1].GetInt32();
        if (field.GetArrayLength() == 2)
            return new GoldenField(path, offset, size);

        JsonElement bits = field[2];
        int bit = bits.GetProperty("bit").GetInt32();
        return new GoldenField(path, offset, size, bit, bits.GetProperty("bits").GetInt32());
    }
}

internal sealed record GoldenRow(int Size, IReadOnlyList<GoldenField> Fields);

/// <param name="Bits">Zero, except for a bit field.</param>
internal sealed record GoldenField(string Path, int Offset, int Size, int Bit = 0, int Bits = 0);
