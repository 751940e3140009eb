using System.Globalization;
using Portolan.Firewall.Changing.Statements;

namespace Portolan.Firewall.Changing.Table;

/// <summary>Makes the table of a state. The same state always makes the same table.</summary>
public static class OwnTableBuilder
{
    /// <summary>The set that switches the default drop on.</summary>
    public const string Armed = "armed";

    /// <summary>The set that keeps the default drop off while a change is pending.</summary>
    public const string Disarmed = "disarmed";

    /// <summary>The set of protocols with ports.</summary>
    public const string WithPorts = "protocols-with-ports";

    /// <summary>So many senders are counted by themselves, of each family.</summary>
    public const uint SendersCounted = 65_535;

    private const int LongestComment = 120;

    private static readonly bool[] BothFamilies = [true, false]; // IPv4 first

    /// <summary>The image; <c>null</c> when nothing is worth a table.</summary>
    public static TableImage? Build(OwnState state)
    {
        if (state.IsEmpty)
        {
            return null;
        }

        var sets = new List<ImageSet>();
        var rules = new List<ImageRule>();
        if (state.Rules.Count > 0)
        {
            rules.Add(Rule("loopback is always kept", new LoopbackStatement(), VerdictStatement.Accept));
            rules.Add(Rule("connections that exist go on", ConnectionStateStatement.Existing, VerdictStatement.Accept));
            rules.Add(Rule("for other machines, through this one", new ForeignDestinationStatement(), VerdictStatement.Accept));
        }

        foreach (var rule in state.Rules)
        {
            if (rule.Action == OwnAction.Close)
            {
                AddDefaultDrop(rule, sets, rules);
            }
            else
            {
                AddRule(rule, sets, rules);
            }
        }

        sets.AddRange(NotesWriter.Write(state));
        return new TableImage(sets, rules);
    }

    /// <summary>The name of the set that switches a rule on.</summary>
    public static string GateOf(OwnRule rule) =>
        rule.Action == OwnAction.Close ? Armed : string.Create(CultureInfo.InvariantCulture, $"rule-{rule.Number}");

    /// <summary>The name of the set that keeps a rule off while its removal is pending.</summary>
    public static string PauseOf(OwnRule rule) => rule.Action == OwnAction.Close ? Disarmed : GateOf(rule) + "-paused";

    /// <summary>What a rule's comment says.</summary>
    public static string CommentOf(OwnRule rule)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"#{rule.Number} {rule.Words.Replace("--", "", StringComparison.Ordinal)}");
        return text.Length <= LongestComment ? text : text[..(LongestComment - 3)] + "...";
    }

    private static void AddRule(OwnRule rule, List<ImageSet> sets, List<ImageRule> rules)
    {
        var gates = Gates(rule, "is on while this has elements", sets);
        var ports = PortsSet(rule, sets);
        List<(bool? Family, List<Statement> Addresses)> variants =
            rule.Scope.From.IsAny && rule.Scope.To.IsAny && rule.Rate is null or { IsShared: true }
            ? [(null, [])]
            : [.. BothFamilies.Where(rule.Scope.Has).Select(isIPv4 => ((bool?)isIPv4, Addresses(rule, isIPv4, sets)))];
        var counts = new Queue<RuleCount>(rule.Counts);
        foreach (var protocol in rule.Scope.Protocols)
        {
            foreach (var (family, addresses) in variants)
            {
                List<Statement> match =
                [
                    .. rule.Scope.Interface is { } name ? [new InterfaceStatement(name)] : Array.Empty<Statement>(),
                    new PortStatement(protocol, rule.Scope.Ports.Ranges.First(), ports),
                    .. addresses,
                    .. gates,
                ];
                if (rule.Rate is not null)
                {
                    rules.AddRange(
                        Uncounted(rule, family, sets).Select(
                            sender => new ImageRule([.. match, sender, Counter(counts), VerdictStatement.Accept], CommentOf(rule))));
                }

                foreach (var over in Rates(rule, family ?? true, sets))
                {
                    rules.Add(new ImageRule([.. match, .. over, Counter(counts), VerdictStatement.Drop], CommentOf(rule)));
                }

                Statement verdict = rule.Action switch
                {
                    OwnAction.Allow => VerdictStatement.Accept,
                    OwnAction.Block => VerdictStatement.Drop,
                    _ => new RejectStatement(protocol == TransportProtocol.Tcp),
                };
                rules.Add(new ImageRule([.. match, Counter(counts), verdict], CommentOf(rule)));
            }
        }
    }

    /// <summary>
    /// What is beyond the rate: of all senders, or of each. Senders for whom the set has no more room share one more such rate, so that no
    /// flood of them goes by uncounted.
    /// </summary>
    private static List<List<Statement>> Rates(OwnRule rule, bool isIPv4, List<ImageSet> sets)
    {
        if (rule.Rate is not { } rate)
        {
            return [];
        }

        if (rate.IsShared)
        {
            return [[new RateOverStatement(rate)]];
        }

        var name = $"{GateOf(rule)}-senders{(isIPv4 ? "4" : "6")}";
        if (!sets.Exists(s => s.Name == name))
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"what the rate of rule #{rule.Number} counted, for each sender");
            sets.Add(new ImageSet(name, isIPv4 ? SetKeyKind.Address4 : SetKeyKind.Address6, text, [])
            {
                HasTimeouts = true,
                Room = SendersCounted,
            });
        }

        return [[new SenderRateOverStatement(isIPv4, name, rate)], [new UnknownSenderStatement(isIPv4, name), new RateOverStatement(rate)]];
    }

    /// <summary>The senders whom the rate does not count, of each family that the packets of a rule may have.</summary>
    private static IEnumerable<AddressStatement> Uncounted(OwnRule rule, bool? only, List<ImageSet> sets)
    {
        foreach (var isIPv4 in BothFamilies.Where(f => only is null || only == f))
        {
            if (!rule.Uncounted.IsAny && rule.Scope.Has(isIPv4) && rule.Uncounted.Of(isIPv4) is { IsEmpty: false } senders)
            {
                var name = $"{GateOf(rule)}-uncounted{(isIPv4 ? "4" : "6")}";
                if (!sets.Exists(s => s.Name == name))
                {
                    var text = string.Create(CultureInfo.InvariantCulture, $"senders whom the rate of rule #{rule.Number} does not count");
                    sets.Add(
                        new ImageSet(
                            name, isIPv4 ? SetKeyKind.Address4 : SetKeyKind.Address6, text,
                            [.. senders.Intervals.ToArray().Select(static i => new ImageElement(i.First, i.Last))])
                        { HasRanges = true });
                }

                yield return new AddressStatement(isIPv4, true, senders.Intervals[0], name) { IsFamilyKnown = only is not null };
            }
        }
    }

    private static void AddDefaultDrop(OwnRule rule, List<ImageSet> sets, List<ImageRule> rules)
    {
        var gates = Gates(rule, "the default drop is on while this has elements", sets);
        sets.Add(new ImageSet(
            WithPorts,
            SetKeyKind.Protocol,
            "",
            [.. rule.Scope.Protocols.Select(p => (UInt128)(byte)p).Order().Select(n => new ImageElement(n, n))]));
        var linkLocal = IntervalSet.Prefix((UInt128)0xfe80 << 112, 10, 128).Intervals[0];
        rules.Add(Rule(
            "always kept: what has no ports, e.g. neighbour discovery, packet-too-big and other ICMP, IGMP, ESP, GRE",
            new ProtocolSetStatement(WithPorts),
            VerdictStatement.Accept));
        rules.Add(Rule(
            "always kept: segments of connections that are not tracked",
            ConnectionStateStatement.Untracked,
            new NotOpeningStatement(),
            VerdictStatement.Accept));
        rules.Add(Rule("always kept: answers to a DHCP client", Udp(68), VerdictStatement.Accept));
        rules.Add(Rule(
            "always kept: answers to a DHCPv6 client",
            Udp(546),
            new AddressStatement(false, true, linkLocal, null),
            VerdictStatement.Accept));
        rules.Add(new ImageRule(
            [.. gates, Counter(new Queue<RuleCount>(rule.Counts)), VerdictStatement.Drop],
            string.Create(CultureInfo.InvariantCulture, $"#{rule.Number} close-unused: what no rule above allows is dropped")));
    }

    private static List<Statement> Gates(OwnRule rule, string comment, List<ImageSet> sets)
    {
        var name = GateOf(rule);
        var text = rule.Action == OwnAction.Close ? comment : string.Create(CultureInfo.InvariantCulture, $"rule #{rule.Number} {comment}");
        sets.Add(new ImageSet(name, SetKeyKind.Family, text, Families(rule.Scope, rule.Timeout, rule.Remaining)) { HasTimeouts = true });
        var gates = new List<Statement> { new GateStatement(name, false) };
        if (rule.PausedFor is { } time)
        {
            name = PauseOf(rule);
            text = string.Create(
                CultureInfo.InvariantCulture, $"rule #{rule.Number} is off while this has elements: its removal is not confirmed yet");
            sets.Add(new ImageSet(name, SetKeyKind.Family, text, Families(rule.Scope, time, time)) { HasTimeouts = true });
            gates.Add(new GateStatement(name, true));
        }

        return gates;
    }

    private static List<ImageElement> Families(RuleScope scope, TimeSpan? timeout, TimeSpan? remaining) =>
    [
        .. BothFamilies.Where(scope.Has)
            .Select(isIPv4 => (UInt128)(byte)(isIPv4 ? Portolan.Firewall.Rules.RuleFamily.Ip : Portolan.Firewall.Rules.RuleFamily.Ip6))
            .Select(family => new ImageElement(family, family) { Timeout = timeout, Expires = remaining }),
    ];

    private static string? PortsSet(OwnRule rule, List<ImageSet> sets)
    {
        var ranges = rule.Scope.Ports.Ranges.Select(r => new ImageElement(r.First.Value, r.Last.Value)).ToList();
        if (ranges.Count == 1)
        {
            return null;
        }

        var name = GateOf(rule) + "-ports";
        sets.Add(new ImageSet(name, SetKeyKind.Port, "", ranges) { HasRanges = true });
        return name;
    }

    private static List<Statement> Addresses(OwnRule rule, bool isIPv4, List<ImageSet> sets)
    {
        var statements = new List<Statement>();
        Address(rule.Scope.From.Of(isIPv4), true, "-from");
        Address(rule.Scope.To.Of(isIPv4), false, "-to");
        return statements.Count > 0 ? statements : [new FamilyStatement(isIPv4)];

        void Address(IntervalSet addresses, bool isSource, string suffix)
        {
            var bits = isIPv4 ? 32 : 128;
            if (addresses.Equals(IntervalSet.All(bits)))
            {
                return;
            }

            var first = addresses.Intervals[0];
            string? name = null;
            if (addresses.Count > 1 || AddressChoice.PrefixLength(first, bits) is null)
            {
                name = GateOf(rule) + suffix + (isIPv4 ? "4" : "6");
                sets.Add(new ImageSet(
                    name,
                    isIPv4 ? SetKeyKind.Address4 : SetKeyKind.Address6,
                    "",
                    [.. addresses.Intervals.ToArray().Select(i => new ImageElement(i.First, i.Last))])
                { HasRanges = true });
            }

            statements.Add(new AddressStatement(isIPv4, isSource, first, name) { IsFamilyKnown = statements.Count > 0 });
        }
    }

    private static ImageRule Rule(string comment, params Statement[] statements) => new(statements, comment);

    private static PortStatement Udp(ushort port) =>
        new(TransportProtocol.Udp, new PortRange(new PortNumber(port), new PortNumber(port)), null);

    private static CounterStatement Counter(Queue<RuleCount> counts) => new(counts.TryDequeue(out var count) ? count : default);
}
