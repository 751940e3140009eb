using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;

namespace Portolan.Reachability.Sessions;

/// <summary>Judges whether the caller could make the connection again under proposed rules.</summary>
/// <param name="Connection">The caller's connection, or one that may be.</param>
/// <param name="Fate">What would become of a new one like it.</param>
/// <param name="Decider">The rule or policy that decides; <c>null</c> when none is known.</param>
/// <param name="Detail">Why it hangs on something, or no route leads; <c>null</c> else. Hostile text.</param>
public sealed record LockOutCheck(ChangeOrigin Connection, LockOutFate Fate, RuleReference? Decider, string? Detail)
{
    /// <summary>Judges a connection.</summary>
    /// <param name="connection">The connection, incoming TCP.</param>
    /// <param name="rules">The rules to judge it under.</param>
    /// <param name="host">The machine's routing.</param>
    /// <param name="judge">Judges flows.</param>
    public static LockOutCheck Of(ChangeOrigin connection, Ruleset rules, HostFacts host, Func<Ruleset, HostFacts, FlowQuery, FlowAnswer> judge)
    {
        var (local, remote) = (connection.LocalAddress, connection.RemoteAddress);
        if (remote.IsLoopback || host.Addresses.Any(a => a.Address == remote))
        {
            return new LockOutCheck(connection, LockOutFate.Allowed, null, null);
        }

        // The interface that has the address; a packet may come in by another one, but then nothing better is known.
        var interfaces = host.Addresses.Where(a => a.Address == local).Select(a => a.InterfaceIndex).Distinct().ToList();
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
            ? new LockOutCheck(connection, LockOutFate.Unknown, null, "no interface takes such packets")
            : answer.Regions.Select(r => Of(connection, r.Outcome)).MaxBy(c => c.Fate)!;
    }

    private static LockOutCheck Of(ChangeOrigin connection, FlowOutcome outcome)
    {
        var worst = outcome is { Decision: FlowDecision.Accept, Replies: { Decision: not FlowDecision.Accept } replies } ? replies : outcome;
        var fate = worst.Decision switch
        {
            FlowDecision.Accept when worst.LimitedBy is not null => LockOutFate.Limited,
            FlowDecision.Accept => LockOutFate.Allowed,
            FlowDecision.Drop or FlowDecision.Reject => IsOwn(worst.Decider) ? LockOutFate.LockedOut : LockOutFate.OthersRefuse,
            FlowDecision.NoRoute => LockOutFate.OthersRefuse,
            _ => LockOutFate.Unknown,
        };
        var question = worst.Questions.Count > 0 ? worst.Questions[0] : null;
        return new LockOutCheck(connection, fate, worst.Decider ?? worst.LimitedBy ?? question?.Rule, question?.Why ?? worst.RouteProblem);
    }

    private static bool IsOwn(RuleReference? rule) =>
        rule?.Table is { Family: RuleFamily.Inet, IsLegacy: false } table && string.Equals(table.Name, TableImage.TableName, StringComparison.Ordinal);
}

/// <summary>What would become of a new connection of the caller's, from good to bad.</summary>
public enum LockOutFate
{
    /// <summary>It is let in.</summary>
    Allowed,

    /// <summary>It is let in up to a rate.</summary>
    Limited,

    /// <summary>It hangs on something that is not known.</summary>
    Unknown,

    /// <summary>Rules that are not Portolan's, or routing, refuse it, whatever Portolan does.</summary>
    OthersRefuse,

    /// <summary>A rule of Portolan's refuses it.</summary>
    LockedOut,
}
