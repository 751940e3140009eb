using Portolan.Cli.Hosting;
using Portolan.Firewall.Acquire;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Tracing;

namespace Portolan.Cli.Tracing;

/// <summary>
/// Finds the rules that a trace names by handle, and the names of interfaces. Rules that changed meanwhile are read again, once for each
/// packet at most.
/// </summary>
internal sealed class TraceRules(CommandContext context)
{
    private readonly HashSet<(RuleFamily Family, string Table, string Chain, ulong Handle)> _gone = [];
    private RuleMap? _rules;
    private Dictionary<int, string> _interfaces = [];

    /// <summary>The packet with its rules.</summary>
    internal ShownPacket Resolve(TracedPacket packet)
    {
        _rules ??= new RuleMap(context.Machine.Rules);
        var steps = Steps(packet);
        if (steps.Exists(IsUnknown) && KernelRules.Read(CancellationToken.None).Ruleset is { } again)
        {
            _rules = new RuleMap(again);
            steps = Steps(packet);

            // What is gone by now stays gone: it is not looked for again with each packet.
            _gone.UnionWith(steps.Where(IsUnknown).Select(static step => Key(step.Event)));
        }

        return new ShownPacket(packet, steps, Interface(packet.InputInterface), Interface(packet.OutputInterface));
    }

    private List<ShownStep> Steps(TracedPacket packet) => [.. packet.Events.Select(told => new ShownStep(told, _rules!.Find(told)))];

    private bool IsUnknown(ShownStep step) => step.Rule is null && !step.Event.IsEndOfRules && !_gone.Contains(Key(step.Event));

    private static (RuleFamily Family, string Table, string Chain, ulong Handle) Key(TraceEvent told) =>
        (told.Family, told.TableName, told.ChainName, told.RuleHandle);

    private string? Interface(int index)
    {
        if (index == 0)
        {
            return null;
        }

        if (!_interfaces.TryGetValue(index, out var name))
        {
            _interfaces = context.Machine.ReadInterfaces().ToDictionary(static pair => pair.Value, static pair => pair.Key);
            name = _interfaces.GetValueOrDefault(index);
        }

        return name ?? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"interface {index}");
    }
}

/// <summary>A packet with the names and rules of what the kernel told.</summary>
internal sealed record ShownPacket(TracedPacket Packet, IReadOnlyList<ShownStep> Steps, string? Input, string? Output);

/// <summary>An event and its rule; <c>null</c> where the rule is gone.</summary>
internal sealed record ShownStep(TraceEvent Event, RuleReference? Rule);
