using Portolan.Cli.Hosting;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;
using Portolan.Firewall.Tracing;

namespace Portolan.Cli.Tracing;

/// <summary>Finds the rules that a trace names by handle, and the names of interfaces. Rules that changed meanwhile are read again, once for each packet at most.</summary>
internal sealed class TraceRules(CommandContext context)
{
    private Ruleset _ruleset = Ruleset.Empty;
    private Dictionary<(RuleFamily Family, string Table, string Chain), (RuleTable Table, RuleChain Chain)> _chains = [];
    private Dictionary<(RuleFamily Family, string Table, ulong Handle), Rule> _rules = [];
    private Dictionary<int, string> _interfaces = [];

    /// <summary>The packet with its rules.</summary>
    internal ShownPacket Resolve(TracedPacket packet)
    {
        if (_ruleset == Ruleset.Empty)
        {
            Index(context.Rules);
        }

        var steps = Steps(packet);
        if (steps.Exists(static step => step.Rule is null) && KernelRules.Read(CancellationToken.None).Ruleset is { } again)
        {
            Index(again);
            steps = Steps(packet);
        }

        return new ShownPacket(packet, steps, Interface(packet.InputInterface), Interface(packet.OutputInterface));
    }

    private List<ShownStep> Steps(TracedPacket packet) => [.. packet.Events.Select(told => new ShownStep(told, Find(told)))];

    private RuleReference? Find(TraceEvent told)
    {
        if (!_chains.TryGetValue((told.Family, told.TableName, told.ChainName), out var found))
        {
            return null;
        }

        if (told.Kind != TraceEventKind.Rule)
        {
            return new RuleReference(found.Table, found.Chain, null);
        }

        return _rules.TryGetValue((told.Family, told.TableName, told.RuleHandle), out var rule) ? new RuleReference(found.Table, found.Chain, rule) : null;
    }

    private string? Interface(int index)
    {
        if (index == 0)
        {
            return null;
        }

        if (!_interfaces.TryGetValue(index, out var name))
        {
            _interfaces = context.ReadInterfaces().ToDictionary(static pair => pair.Value, static pair => pair.Key);
            name = _interfaces.GetValueOrDefault(index);
        }

        return name ?? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"interface {index}");
    }

    private void Index(Ruleset ruleset)
    {
        _ruleset = ruleset;
        _chains = [];
        _rules = [];
        foreach (var table in ruleset.Tables.Where(static table => !table.IsLegacy))
        {
            foreach (var chain in table.Chains)
            {
                _chains[(table.Family, table.Name, chain.Name)] = (table, chain);
                foreach (var rule in chain.Rules)
                {
                    _rules[(table.Family, table.Name, rule.Handle)] = rule;
                }
            }
        }
    }
}

/// <summary>A packet with the names and rules of what the kernel told.</summary>
internal sealed record ShownPacket(TracedPacket Packet, IReadOnlyList<ShownStep> Steps, string? Input, string? Output);

/// <summary>An event and its rule; <c>null</c> where the rule is gone.</summary>
internal sealed record ShownStep(TraceEvent Event, RuleReference? Rule);
