using System.Text.Json;
using System.Text.Json.Serialization;
using Hil.Loader;
using Hil.Trace;

namespace Hil.Host;

/// <summary>A Module record's data.</summary>
internal sealed record TracedModule(string Name, string Sha256)
{
    /// <summary>Notes where a native driver was loaded.</summary>
    public static void Write(TraceLog log, LoadedDriver driver)
    {
        if (driver is not NativeDriver native)
            return;
        var module = new TracedModule(native.Module.Name, native.Module.Image.Sha256);
        log.Add(
            TraceKind.Module,
            [native.Module.Base, native.Module.Bytes],
            JsonSerializer.SerializeToUtf8Bytes(module, TracingJson.Default.TracedModule));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower)]
[JsonSerializable(typeof(TracedModule))]
internal sealed partial class TracingJson : JsonSerializerContext;
