using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;

namespace Portolan.Reachability.Sessions;

/// <summary>Judges whether the caller could make the connection again under proposed rules.</summary>
/// <param name="Connection">The caller's connection, or one that may be.</param>
/// <param name="Fate">What would become of a new one like it.</param>
/// <param name="Decider">The rule or policy that decides; <c>null</c> when none is known.</param>
/// <param name="Detail">Why it depends on something, or no route leads; <c>null</c> else. Hostile text.</param>
public sealed record LockOutCheck(ChangeOrigin Connection, LockOutFate Fate, RuleReference? Decider, string? Detail)
{
    /// <summary>Judges a connection.</summary>
    /// <param name="connection">The connection, incoming TCP.</param>
    /// <param name="rules">The rules to judge it under.</param>
    /// <param name="host">The machine's routing.</param>
    /// <param name="judge">Judges flows.</param>
    public static LockOutCheck Of(
        ChangeOrigin connection, Ruleset rules, HostFacts host, Func<Ruleset, HostFacts, FlowQuery, FlowAnswer> judge)
    {
        if (SelfConnection.Is(connection, host))
        {
            return new LockOutCheck(connection, LockOutFate.Allowed, null, null);
        }

        var (local, remote) = (connection.LocalAddress, connection.RemoteAddress);
        var interfaces = Interfaces(local, remote, host);
        var answer = judge(rules, host, new FlowQuery
        {
            Direction = FlowDirection.Inbound,
            IsIPv4 = local.IsIPv4,
            Protocol = (byte)TransportProtocol.Tcp,
            DestinationPort = connection.LocalPort,
            Sources = IntervalSet.Of(remote.Number),
            Destinations = IntervalSet.Of(local.Number),
            Interfaces = interfaces.Count > 0 ? interfaces : null,
        });
        return answer.Regions.Count == 0
            ? new LockOutCheck(connection, LockOutFate.Unknown, null, "no interface accepts such packets")
            : answer.Regions.Select(r => Of(connection, r.Outcome)).MaxBy(c => c.Fate)!;
    }

    private static LockOutCheck Of(ChangeOrigin connection, FlowOutcome outcome)
    {
        var worst = outcome is { Decision: FlowDecision.Accept, Hindrance: { } later } ? later : outcome;
        var fate = worst.Decision switch
        {
            FlowDecision.Accept when worst.Limit is not null => LockOutFate.Limited,
            FlowDecision.Accept => LockOutFate.Allowed,
            FlowDecision.Drop or FlowDecision.Reject =>
                worst.Decider is { } decider && OwnTable.Is(decider.Table) ? LockOutFate.LockedOut : LockOutFate.OthersRefuse,
            FlowDecision.NoRoute => LockOutFate.OthersRefuse,
            _ => LockOutFate.Unknown,
        };
        var question = worst.Questions.Count > 0 ? worst.Questions[0] : null;
        return new LockOutCheck(
            connection, fate, worst.Decider ?? worst.Limit?.Rule ?? question?.Rule, question?.Why ?? worst.RouteProblem?.ToText());
    }

    /// <summary>
    /// Where its packets may arrive: the interface that answers leave by, and the one that has the address, which need not be the same.
    /// An address of loopback is reached by others.
    /// </summary>
    private static List<int> Interfaces(InternetAddress local, InternetAddress remote, HostFacts host)
    {
        var back = new RouteMap(host).Find(
            IntervalSet.Of(remote.Number), new RouteKey(remote.IsIPv4) { Sources = IntervalSet.Of(local.Number) }).SelectMany(
                p => p.Outcome.Interfaces);
        return [.. host.Addresses.Where(a => a.Address == local).Select(a => a.InterfaceIndex).Concat(back).Distinct().Where(
            i => host.Interface(i) is { IsLoopback: false })];
    }
}

/// <summary>What would become of a new connection of the caller's, from good to bad.</summary>
public enum LockOutFate
{
    /// <summary>It is let in.</summary>
    Allowed,

    /// <summary>It is let in up to a rate.</summary>
    Limited,

    /// <summary>It depends on something that is not known.</summary>
    Unknown,

    /// <summary>Rules that are not Portolan's, or routing, refuse it, whatever Portolan does.</summary>
    OthersRefuse,

    /// <summary>A rule of Portolan's refuses it.</summary>
    LockedOut,
}
