using System.Collections.Immutable;
using Hil.Wdm;

namespace Hil.Host.Yaml;

/// <summary>Reads the steps of a workload and checks their names, in step order.</summary>
internal sealed class WorkloadParser(string path, ImmutableDictionary<string, uint> ioctls)
{
    private const int DepthMax = 4;
    private const ulong CopiesMax = 4096;
    private const int StepsMax = 65_536; // Aliases could make more of a small file than memory holds.
    private const string DefaultFile = "file";

    private static readonly string[] s_actions =
    [
        "open", "close", "ioctl", "internal-ioctl", "read", "write", "cancel", "wait", "repeat", "parallel", "pnp",
        "power", "expect",
    ];

    // Further key, and the actions that it goes with.
    private static readonly (string Key, string[] Actions)[] s_details =
    [
        ("file", ["ioctl", "internal-ioctl", "read", "write"]),
        ("as", ["open", "ioctl", "internal-ioctl", "read", "write"]),
        ("in", ["ioctl", "internal-ioctl"]),
        ("out", ["ioctl", "internal-ioctl"]),
        ("offset", ["read", "write"]),
        ("status", ["open", "ioctl", "internal-ioctl", "read", "write", "pnp", "power", "wait", "cancel"]),
        ("length", ["ioctl", "internal-ioctl", "read", "write"]),
        ("steps", ["repeat", "parallel"]),
        ("within", [.. s_actions.Where(action => action != "expect")]),
        ("note", s_actions),
    ];

    private static readonly string[] s_keys = [.. s_actions, .. s_details.Select(detail => detail.Key)];
    private static readonly string[] s_counts = ["interrupts", "dpcs", "irps", "cancelled"];

    private int _count;

    public ImmutableArray<WorkloadStep> Parse(IReadOnlyList<YamlNode> steps) => ParseList(steps, new StepScope());

    private ImmutableArray<WorkloadStep> ParseList(IReadOnlyList<YamlNode> nodes, StepScope scope)
    {
        var steps = ImmutableArray.CreateBuilder<WorkloadStep>(nodes.Count);
        foreach (YamlNode node in nodes)
        {
            var section = new YamlSection(path, "a step", node, node, s_keys);
            if (++_count > StepsMax)
                throw section.Fault(node, $"more than {StepsMax} steps");
            steps.Add(ParseStep(section, ActionOf(section), scope));
        }
        return steps.ToImmutable();
    }

    private static string ActionOf(YamlSection step)
    {
        string? action = null;
        foreach ((YamlScalar key, _) in step.Entries)
        {
            if (!s_actions.Contains(key.Value))
                continue;
            if (action != null)
                throw step.Fault(key, $"a step does one thing: '{action}' and '{key.Value}' are two");
            action = key.Value;
        }
        if (action == null)
            throw step.Missing($"one of {string.Join(", ", s_actions)}");
        foreach ((string detail, string[] actions) in s_details)
        {
            if (step.Has(detail) && !actions.Contains(action))
                throw step.Fault(step.KeyOf(detail), $"'{detail}' does not go with {action}");
        }
        return action;
    }

    private WorkloadStep ParseStep(YamlSection step, string action, StepScope scope)
    {
        WorkloadStep parsed = action switch
        {
            "open" => ParseOpen(step, scope),
            "close" => ParseClose(step, scope),
            "cancel" => new CancelStep(EndRequest(step, "cancel", scope), step.Status("status")) { Line = 0 },
            "wait" => new WaitStep(EndRequest(step, "wait", scope), step.Status("status")) { Line = 0 },
            "repeat" => ParseRepeat(step, scope),
            "parallel" => ParseParallel(step, scope),
            "pnp" => new PnpStep(ParsePnp(step), StatusOf(step)) { Line = 0 },
            "power" => new PowerStep(ParsePower(step), StatusOf(step)) { Line = 0 },
            "expect" => ParseExpect(step),
            _ => ParseRequest(step, action, scope),
        };
        parsed = parsed with { Line = step.KeyOf(action).Line, Note = step.Has("note") ? step.Text("note") : null };
        return step.Has("within") ? parsed with { Within = step.Time("within") } : parsed;
    }

    private static OpenStep ParseOpen(YamlSection step, StepScope scope)
    {
        string target = step.Text("open", "device or a name");
        if (target != "device" && !target.StartsWith('\\'))
            throw step.Bad("open", @"device, \\.\Name or \Device\Name");
        string name = step.NameAt("as", DefaultFile);
        RequireFree(step, name, scope);
        NTSTATUS status = StatusOf(step);
        if (status.IsSuccess)
            scope.AddFile(name);
        return new OpenStep(target == "device" ? null : target, name, status) { Line = 0 };
    }

    private static CloseStep ParseClose(YamlSection step, StepScope scope)
    {
        string name = step.NameAt("close");
        if (!scope.RemoveFile(name))
            throw step.Fault(step.Find("close")!, $"no file is called '{name}' here");
        return new CloseStep(name) { Line = 0 };
    }

    private static string EndRequest(YamlSection step, string key, StepScope scope)
    {
        string name = step.NameAt(key);
        return scope.RemoveRequest(name)
            ? name
            : throw step.Fault(step.Find(key)!, $"no request is called '{name}' here");
    }

    private RepeatStep ParseRepeat(YamlSection step, StepScope scope)
    {
        ulong count = step.Number("repeat", 1, ulong.MaxValue, "1 or more");
        return new RepeatStep(count, ParseNested(step, "repeat", scope)) { Line = 0 };
    }

    private ParallelStep ParseParallel(YamlSection step, StepScope scope)
    {
        int count = (int)step.Number("parallel", 1, CopiesMax, $"1 to {CopiesMax}");
        return new ParallelStep(count, ParseNested(step, "parallel", scope)) { Line = 0 };
    }

    private ImmutableArray<WorkloadStep> ParseNested(YamlSection step, string action, StepScope scope)
    {
        if (!step.Has("steps"))
            throw step.Fault(step.KeyOf(action), $"{action} needs 'steps'");
        var inner = new StepScope(scope);
        if (inner.Depth > DepthMax)
            throw step.Fault(step.KeyOf("steps"), $"'steps' nest at most {DepthMax} deep");
        return ParseList(step.Items("steps"), inner);
    }

    private static PnpAction ParsePnp(YamlSection step)
    {
        const string Type = "restart, stop, start, remove, surprise-remove, cancel-stop or cancel-remove";
        return step.Text("pnp", Type) switch
        {
            "restart" => PnpAction.Restart,
            "stop" => PnpAction.Stop,
            "start" => PnpAction.Start,
            "remove" => PnpAction.Remove,
            "surprise-remove" => PnpAction.SurpriseRemove,
            "cancel-stop" => PnpAction.CancelStop,
            "cancel-remove" => PnpAction.CancelRemove,
            _ => throw step.Bad("pnp", Type),
        };
    }

    private static PowerAction ParsePower(YamlSection step)
    {
        const string Type = "sleep or resume";
        return step.Text("power", Type) switch
        {
            "sleep" => PowerAction.Sleep,
            "resume" => PowerAction.Resume,
            _ => throw step.Bad("power", Type),
        };
    }

    private static ExpectStep ParseExpect(YamlSection step)
    {
        YamlSection counts = step.SubSection("expect", s_counts);
        return new ExpectStep(
            counts.Count("interrupts"), counts.Count("dpcs"), counts.Count("irps"), counts.Count("cancelled"))
        {
            Line = 0,
        };
    }

    private RequestStep ParseRequest(YamlSection step, string action, StepScope scope)
    {
        string file = step.NameAt("file", DefaultFile);
        if (!scope.HasFile(file))
            throw step.Fault(step.Find("file") ?? step.KeyOf(action), $"no file is called '{file}' here");
        RequestStep request = action switch
        {
            "read" => new RequestStep(RequestKind.Read, file)
            {
                Line = 0,
                Output = DataParser.ParseOrLength(step, "read", mayBeAny: true),
            },
            "write" => new RequestStep(RequestKind.Write, file)
            {
                Line = 0,
                Input = DataParser.ParseOrLength(step, "write", mayBeAny: false),
            },
            _ => ParseControl(step, action, file),
        };
        return request with
        {
            Offset = step.Has("offset") ? (long)step.Number("offset", 0, long.MaxValue, "less than 2^63") : 0,
            Status = StatusOf(step),
            Length = step.Has("length") ? step.Number("length") : null,
            As = step.Has("as") ? NewRequest(step, scope) : null,
        };
    }

    private RequestStep ParseControl(YamlSection step, string action, string file)
    {
        (uint code, string name) = ParseCode(step, action);
        return new RequestStep(action == "ioctl" ? RequestKind.Ioctl : RequestKind.InternalIoctl, file)
        {
            Line = 0,
            Code = code,
            CodeName = name,
            Input = DataParser.Parse(step, "in", mayBeAny: false),
            Output = DataParser.Parse(step, "out", mayBeAny: true),
        };
    }

    private (uint Code, string Name) ParseCode(YamlSection step, string key)
    {
        string text = step.Text(key, "a name from ioctls or a number");
        if (ioctls.TryGetValue(text, out uint code))
            return (code, text);
        if (YamlValues.TryNumber(text, out _))
            return ((uint)step.Number(key, 0, uint.MaxValue, "at most 32 bits"), text);
        string known = ioctls.IsEmpty
            ? "none"
            : string.Join(", ", ioctls.OrderBy(pair => pair.Value).Select(pair => pair.Key));
        throw step.Fault(step.Find(key)!, $"no ioctl is called '{text}'; known: {known}");
    }

    private static string NewRequest(YamlSection step, StepScope scope)
    {
        string name = step.NameAt("as");
        RequireFree(step, name, scope);
        scope.AddRequest(name);
        return name;
    }

    private static void RequireFree(YamlSection step, string name, StepScope scope)
    {
        YamlNode at = step.Find("as") ?? step.KeyOf("open");
        if (scope.HasFile(name))
            throw step.Fault(at, $"'{name}' already names a file");
        if (scope.HasRequest(name))
            throw step.Fault(at, $"'{name}' already names a request");
    }

    private static NTSTATUS StatusOf(YamlSection step) => step.Status("status") ?? NtStatus.STATUS_SUCCESS;
}
