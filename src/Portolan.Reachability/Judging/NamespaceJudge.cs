using System.Diagnostics.CodeAnalysis;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Judging.Ports;
using Portolan.Firewall.Managers;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt.Matches;
using Portolan.Firewall.Xt.Targets;
using Portolan.Reachability.Sources;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Judging;

/// <summary>Says what becomes of packets; the judge of rules, or a test's answer.</summary>
public delegate FlowAnswer Judgement(FlowQuery query, CancellationToken cancellationToken);

/// <summary>
/// Judges the ports of one network namespace. One instance for all of them: what the judge learns about the rules is kept.
/// </summary>
public sealed class NamespaceJudge
{
    private readonly Func<Ruleset, HostFacts, Judgement> _make;
    private readonly Judgement _judge;
    private readonly IpsecDoubt _doubt;
    private bool? _asksForTime;
    private bool? _looksAtMarks;
    private readonly Dictionary<DateTimeOffset, NamespaceJudge> _others = [];

    private NamespaceJudge(Ruleset rules, HostFacts host, RouteMap routes, LikelySources likely, Func<Ruleset, HostFacts, Judgement> make)
    {
        (Rules, Host, Routes, Likely, _make) = (rules, host, routes, likely, make);
        _judge = make(rules, host);
        _doubt = new IpsecDoubt(host.Ipsec?.Policies ?? []);
    }

    /// <summary>The rules of the namespace's tables, as they were read.</summary>
    public Ruleset Rules { get; }

    /// <summary>The routing.</summary>
    public HostFacts Host { get; }

    /// <summary>Route look-ups.</summary>
    public RouteMap Routes { get; }

    /// <summary>How far replies get that sockets limit themselves.</summary>
    public ReplyRoutes Replies => field ??= new ReplyRoutes(Routes);

    /// <summary>Whether the mark of an answering socket (SO_MARK) may matter, to rules or to policy routing.</summary>
    public bool LooksAtMarks =>
        _looksAtMarks ??= Routes.ChoosesByMark(true) || Routes.ChoosesByMark(false) || RulesLookAtMarks(Rules);

    /// <summary>Senders to expect.</summary>
    public LikelySources Likely { get; }

    /// <summary>Judges on what was read; not where the rules or the routing are not known.</summary>
    /// <param name="reading">The rules and the routing.</param>
    /// <param name="make">Makes the judge of rules.</param>
    /// <param name="judge">The judge of ports.</param>
    public static bool TryCreate(
        FirewallReading reading, Func<Ruleset, HostFacts, Judgement> make, [NotNullWhen(true)] out NamespaceJudge? judge)
    {
        judge = null;
        if (reading is { Rules: { } rules, Host: { } host })
        {
            var routes = new RouteMap(host);
            judge = new NamespaceJudge(rules, host, routes, new LikelySources(routes), make);
        }

        return judge is not null;
    }

    /// <summary>Who manages the rules.</summary>
    public RuleManagers Managers => field ??= RuleManagers.Of(Rules);

    /// <summary>Whether rules ask for the time, the day or the hour, so that answers may change by themselves.</summary>
    public bool AsksForTime => _asksForTime ??= Host.Clock is { } clock && TimeNote.Boundaries(Rules, clock).Any();

    /// <summary>The same machine, if no rule translated destinations.</summary>
    public NamespaceJudge Untranslated => field ??= Under(WithoutTranslation(Rules));

    /// <summary>The same machine, if no rule stopped packets before destinations are translated.</summary>
    public NamespaceJudge Unhindered => field ??= Under(WithoutEarlyRules(Rules));

    /// <summary>The same machine under other rules.</summary>
    public NamespaceJudge Under(Ruleset rules) => new(rules, Host, Routes, Likely, _make);

    /// <summary>The same machine at a time that is unknown: rules that ask for it may match or not.</summary>
    internal NamespaceJudge Timeless => field ??= new(Rules, Host with { Clock = null }, Routes, Likely, _make);

    /// <summary>The same machine at another time, for rules that ask for it.</summary>
    public NamespaceJudge At(DateTimeOffset time) => _others.TryGetValue(time, out var judge) ? judge
        : _others[time] = new(Rules, Host with { Clock = Host.Clock! with { Now = time } }, Routes, Likely, _make);

    /// <summary>Asks the judge.</summary>
    public FlowAnswer Judge(FlowQuery query, CancellationToken cancellationToken) => _doubt.Apply(query, _judge(query, cancellationToken));

    /// <summary>Who of all reaches a port that is bound so, family by family.</summary>
    /// <param name="binds">The binds of one owner; loopback ones are passed over.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="port">The port.</param>
    /// <param name="cancellationToken">Stops between two questions.</param>
    /// <param name="land">Where packets of these senders and this family end that are let through; <c>null</c> where that is known.</param>
    /// <param name="marks">The marks that the sockets may have (SO_MARK); <c>null</c> for none.</param>
    public IReadOnlyList<FamilyReach> Reach(
        IReadOnlyList<PortBind> binds, TransportProtocol protocol, PortNumber port, CancellationToken cancellationToken,
        Func<FlowRegion, IntervalSet, bool, Landing>? land = null, IntervalSet? marks = null)
    {
        var result = new List<FamilyReach>(2);
        foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
        {
            if (Reach(InFamily(binds, isIPv4), protocol, port, isIPv4, null, land, cancellationToken, marks) is { } reach)
            {
                result.Add(reach);
            }
        }

        return result;
    }

    /// <summary>The binds that take packets of a family from elsewhere.</summary>
    internal static IEnumerable<PortBind> InFamily(IReadOnlyList<PortBind> binds, bool isIPv4) =>
        binds.Where(b => !b.IsLocal && (isIPv4 ? b.TakesIPv4 : b.TakesIPv6));

    /// <summary>The same over one family.</summary>
    /// <param name="binds">The binds of one owner that take packets of the family from elsewhere.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="port">The port.</param>
    /// <param name="isIPv4">The family.</param>
    /// <param name="trace">Records what rules ask about the port, where there is one bind; or <c>null</c>.</param>
    /// <param name="land">Where packets of these senders end that are let through; <c>null</c> where that is known.</param>
    /// <param name="cancellationToken">Stops between two questions.</param>
    /// <param name="marks">The marks that the sockets may have (SO_MARK); <c>null</c> for none.</param>
    /// <returns><c>null</c> where there is no bind.</returns>
    internal FamilyReach? Reach(
        IEnumerable<PortBind> binds, TransportProtocol protocol, PortNumber port, bool isIPv4, PortTrace? trace,
        Func<FlowRegion, IntervalSet, bool, Landing>? land, CancellationToken cancellationToken, IntervalSet? marks = null)
    {
        var answers = new List<FlowAnswer>();
        foreach (var group in binds.GroupBy(b => b.InterfaceIndex))
        {
            answers.Add(Judge(new FlowQuery
            {
                Direction = FlowDirection.Inbound,
                IsIPv4 = isIPv4,
                Protocol = (byte)protocol,
                DestinationPort = port.Value,
                Destinations = group.Any(b => b.IsWildcard)
                    ? null
                    : IntervalSet.From(group.Select(b => new Interval(b.Address.Unmap().Number, b.Address.Unmap().Number))),
                Interfaces = group.Key == 0 ? null : [group.Key],
                SocketMarks = marks,
                Trace = trace,
            }, cancellationToken));
        }

        return answers.Count == 0 ? null : FamilyReach.Of(
            isIPv4, answers, Likely, land is null ? null : (region, senders) => land(region, senders, isIPv4));
    }

    private static bool RulesLookAtMarks(Ruleset rules) =>
        rules.Tables.Any(static t => t.Chains.Any(static c => c.Rules.Any(static r => r.Expressions.Any(LooksAtMark))))
        || rules.IpSets.Any(static s => s.TypeName.Contains("mark", StringComparison.Ordinal));

    private static bool LooksAtMark(Expression expression) => expression is MetaExpression { Key: MetaKey.Mark }
        or XtMatchExpression { Match: MarkMatch } or XtTargetExpression { Target: ConnmarkTarget };

    private static Ruleset WithoutEarlyRules(Ruleset rules) => rules with
    {
        Tables = [.. rules.Tables.Select(t => t with
        {
            Chains = [.. t.Chains.Select(
                c => c.Hook is { Type: not "nat", Point: HookPoint.Prerouting or HookPoint.Ingress } ? c with { Hook = null } : c)],
        })],
    };

    private static Ruleset WithoutTranslation(Ruleset rules) => rules with
    {
        Tables = [.. rules.Tables.Select(t => t with
        {
            Chains = [.. t.Chains.Select(c => c.Hook is { Type: "nat", Point: HookPoint.Prerouting } ? c with { Hook = null } : c)],
        })],
    };
}
