using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Hil.Trace.Tests.Export;

/// <summary>A message as protoc sees it on the wire, without our schema: fields by their numbers.</summary>
internal sealed class ProtoMessage
{
    private readonly List<(int Number, string? Value, ProtoMessage? Message)> _fields = [];

    /// <summary>What `protoc --decode_raw` prints.</summary>
    public static string Decode(byte[] bytes)
    {
        string protoc = typeof(ProtoMessage).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(static attribute => attribute.Key == "Protoc").Value!;
        var start = new ProcessStartInfo(protoc, "--decode_raw")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.BaseStream.Write(bytes);
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.Result;
    }

    public static ProtoMessage Parse(byte[] bytes)
    {
        var open = new Stack<ProtoMessage>([new ProtoMessage()]);
        foreach (string line in Decode(bytes).Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line == "}")
                open.Pop();
            else if (line.EndsWith(" {", StringComparison.Ordinal))
                open.Push(open.Peek().Add(line[..^2], null, new ProtoMessage())!);
            else if (line.Length != 0)
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                open.Peek().Add(line[..colon], line[(colon + 2)..], null);
            }
        }
        return Assert.Single(open);
    }

    public bool Has(int number) => _fields.Exists(field => field.Number == number);

    public IEnumerable<ProtoMessage> Messages(int number) =>
        _fields.Where(field => field.Number == number && field.Message != null).Select(static field => field.Message!);

    public ProtoMessage? Message(int number) => Messages(number).SingleOrDefault();

    public IEnumerable<ulong> Values(int number) => _fields.Where(field => field.Number == number)
        .Select(static field => NumberOf(field.Value!));

    /// <summary>A field that occurs once; 0 when it is not there.</summary>
    public ulong Value(int number) => Values(number).SingleOrDefault();

    private ProtoMessage? Add(string number, string? value, ProtoMessage? message)
    {
        _fields.Add((int.Parse(number, CultureInfo.InvariantCulture), value, message));
        return message;
    }

    private static ulong NumberOf(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : ulong.Parse(text, CultureInfo.InvariantCulture);
}
