using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hil.Trace;

/// <summary>What a run was made of: the Profile record's data, as JSON. A replay is set up from it.</summary>
public sealed record TraceProfile
{
    public required string HilVersion { get; init; }

    public required string QemuVersion { get; init; }

    /// <summary>When the capture began, UTC.</summary>
    public required DateTimeOffset Begun { get; init; }

    public required ImmutableArray<string> Categories { get; init; }

    public required ulong MemoryBytes { get; init; }

    /// <summary>First address of the RAM window; a replay needs the same one.</summary>
    public required ulong WindowBase { get; init; }

    /// <summary>Instructions after which driver code that does not come back by itself is cut into; 0
    /// for never.</summary>
    public required uint SliceInstructions { get; init; }

    /// <summary>How long driver code may go on calling the kernel at DISPATCH_LEVEL, in 100 ns units: a watchdog that
    /// bites in driver code is on the trace, but these calls are counted again. Null in traces without it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Patience { get; init; }

    /// <summary>Values of QEMU's <c>-device</c>.</summary>
    public required ImmutableArray<string> Devices { get; init; }

    public required ImmutableArray<TracedFunction> Functions { get; init; }

    public required TracedDriver Driver { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, TraceProfileJson.Default.TraceProfile);

    /// <exception cref="TraceReplayException">It is no profile, or none of a machine that can be.</exception>
    public static TraceProfile Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            TraceProfile profile = JsonSerializer.Deserialize(json, TraceProfileJson.Default.TraceProfile)
                ?? throw new TraceReplayException("the profile record is empty");
            ProfileLimits.Require(profile);
            return profile;
        }
        catch (JsonException e)
        {
            throw new TraceReplayException($"the profile record is damaged: {e.Message}", e);
        }
    }
}

/// <summary>The driver of a run, and how it was started.</summary>
/// <param name="File">File name of the image, or assembly and type of a managed driver.</param>
/// <param name="Sha256">Of the image or assembly, in hexadecimal.</param>
/// <param name="Path">Where the image lies, if it is not in the trace; else empty.</param>
/// <param name="Managed">Type name of a managed driver; null for a native one.</param>
/// <param name="Interrupts">The preference given to the PnP manager, by name.</param>
public sealed record TracedDriver(
    string File,
    string Sha256,
    string Path,
    string? Managed,
    string? ServiceName,
    ushort? MatchVendor,
    ushort? MatchDevice,
    string Interrupts,
    ImmutableArray<TracedParameter> Parameters);

/// <summary>A value under the service's Parameters key: REG_DWORD or REG_SZ.</summary>
public sealed record TracedParameter(string Name, uint? Number, string? Text);

/// <summary>A PCI function as the run found it.</summary>
public sealed record TracedFunction(
    ulong Address,
    ushort VendorId,
    ushort DeviceId,
    ushort SubsystemVendorId,
    ushort SubsystemId,
    uint ClassCode,
    byte RevisionId,
    byte HeaderType,
    ImmutableArray<PciBar> Bars,
    ImmutableArray<PciCapability> Capabilities,
    byte InterruptPin,
    uint InterruptLine)
{
    /// <summary>Bus, device and function as in ECAM: bits 20, 15 and 12 up.</summary>
    public PciFunction ToFunction() => new()
    {
        Address = new PciAddress((byte)(Address >> 20), (byte)((Address >> 15) & 31), (byte)((Address >> 12) & 7)),
        VendorId = VendorId,
        DeviceId = DeviceId,
        SubsystemVendorId = SubsystemVendorId,
        SubsystemId = SubsystemId,
        ClassCode = ClassCode,
        RevisionId = RevisionId,
        HeaderType = HeaderType,
        Bars = Bars,
        Capabilities = Capabilities,
        InterruptPin = InterruptPin,
        InterruptLine = InterruptLine,
    };

    public static TracedFunction Of(PciFunction function) => new(
        function.Address.EcamOffset, function.VendorId, function.DeviceId, function.SubsystemVendorId,
        function.SubsystemId, function.ClassCode, function.RevisionId, function.HeaderType, function.Bars,
        function.Capabilities, function.InterruptPin, function.InterruptLine);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TraceProfile))]
internal sealed partial class TraceProfileJson : JsonSerializerContext;
