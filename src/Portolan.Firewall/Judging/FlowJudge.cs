using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging.Answers;
using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Pipeline;
using Portolan.Firewall.Judging.Semantics;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging;

/// <summary>
/// Judges what becomes of packets: runs the kernel's rule bytecode over sets of packets at once, through all hooks, translation and
/// routing.
/// </summary>
/// <remarks>
/// Rules that cannot be evaluated are tried both ways; where that changes the fate, the answer says so and names the rule.
/// Pure: elements of sets and counters are taken as they were read. Rules are made ready at the first query of a family and protocol
/// and kept, so many queries of one judge are cheap. Not for several threads at once.
/// </remarks>
public sealed class FlowJudge
{
    private readonly HostFacts _host;
    private readonly InterfaceCatalog _interfaces;
    private readonly SetCatalog _sets;
    private readonly RouteMap _routes;
    private readonly IReadOnlyList<IpSet> _ipSets;
    private readonly IReadOnlyList<RecentList>? _recentLists;
    private readonly ConnectionCounts? _connections;
    private readonly IReadOnlyList<LocalSocket>? _localSockets;
    private readonly InputRouting _input;
    private readonly AddressBook _addresses;
    private readonly CouplingBook _couplings = new();
    private readonly HookMap _ipv4Hooks;
    private readonly HookMap _ipv6Hooks;
    private readonly OpenQuestion[] _unread;
    private readonly ExpressionSemantics _semantics = AllSemantics.Make();
    private readonly Dictionary<(bool IsIPv4, byte Protocol), Prepared> _prepared = [];

    /// <summary>A judge over rules and a host that do not change any more.</summary>
    public FlowJudge(Ruleset rules, HostFacts host)
    {
        _host = host;
        _interfaces = new InterfaceCatalog(host.Interfaces);
        _sets = new SetCatalog(rules);
        _ipSets = rules.IpSets;
        _recentLists = rules.RecentLists;
        _connections = rules.OpenConnections is { } open ? new ConnectionCounts(open) : null;
        _localSockets = rules.LocalSockets;
        _unread = [.. Unread(rules.Missing), .. Unread(host.Missing)];
        _routes = new RouteMap(host);
        _input = new InputRouting(_routes);
        _addresses = new AddressBook(host);
        _ipv4Hooks = new HookMap(rules, isIPv4: true);
        _ipv6Hooks = new HookMap(rules, isIPv4: false);
    }

    /// <summary>Judges the packets of a query.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public FlowAnswer Judge(FlowQuery query, CancellationToken cancellation)
    {
        var unread = _unread;
        cancellation.ThrowIfCancellationRequested();
        var prepared = Prepare(query.IsIPv4, query.Protocol);
        var hooks = query.IsIPv4 ? _ipv4Hooks : _ipv6Hooks;
        var run = new FlowRun(prepared.Program, hooks, _routes, _input, new JudgeBudget(cancellation)) { Couplings = _couplings };
        Send(run, query, prepared.Start);
        foreach (var turned in hooks.Turned)
        {
            var again = run with { Hooks = turned, Ends = [] };
            Send(again, query, prepared.Start);
            run.AddTurned(again.Ends);
        }

        if (hooks.HasManyOrders)
        {
            unread = [.. unread, ChainOrder.Question];
        }

        if (unread.Length > 0)
        {
            // What was not read may do anything with any of them.
            foreach (var start in prepared.Start.States(query))
            {
                run.Ends.Add(new Terminal(unread.Aggregate(start, static (state, question) => state.Ask(question)), Fate.Open));
            }
        }

        return new AnswerBuilder(run, prepared.Start, query).Build(run.Ends);
    }

    private static void Send(FlowRun run, FlowQuery query, QueryStart start)
    {
        Send(run, query, start.States(query));
        if (LaterWay.IsOf(query))
        {
            ResentWay.Run(run, (again, states) => Send(again, query, states), () => start.States(query));
        }
    }

    private static void Send(FlowRun run, FlowQuery query, List<FlowState> states)
    {
        if (query.Direction == FlowDirection.Inbound)
        {
            InboundWay.Run(run, states);
        }
        else
        {
            OutboundWay.Run(run, states);
        }
    }

    private static IEnumerable<OpenQuestion> Unread(IReadOnlyList<MissingFact> missing) =>
        missing.Where(static fact => !fact.IsNarrow).Select(
            static fact => new OpenQuestion(null, $"{fact.What} could not be read: {fact.Why}"));

    private Prepared Prepare(bool isIPv4, byte protocol)
    {
        if (!_prepared.TryGetValue((isIPv4, protocol), out var prepared))
        {
            var context = new JudgeContext(isIPv4, protocol, _host, _interfaces, _routes, _ipSets)
            {
                ChangedIpSets = _sets.ChangedIpSets,
                RecentLists = _recentLists,
                RecentMasks = _sets.RecentMasks,
                Connections = _connections,
                LocalSockets = _localSockets,
                Zones = _sets.ZoneRule is { } rule ? new OpenQuestion(rule, ConnectionTrackingWriteSemantics.Why) : null,
            };
            prepared = new Prepared(new ProgramCompiler(context, _sets, _semantics), new QueryStart(context, _addresses));
            _prepared.Add((isIPv4, protocol), prepared);
        }

        return prepared;
    }

    private sealed record Prepared(ProgramCompiler Program, QueryStart Start);
}
