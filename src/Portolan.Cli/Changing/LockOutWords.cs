using System.Globalization;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Connections;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Sessions;

namespace Portolan.Cli.Changing;

/// <summary>How lock-outs are told to a person, and whom they are about.</summary>
internal static class LockOutWords
{
    /// <summary>
    /// Connections as their first packets were: rules see them before any translation of the destination, the sockets behind it.
    /// </summary>
    public static List<ChangeOrigin> AsSent(
        ChangeMachine machine, IReadOnlyList<ChangeOrigin> connections, CancellationToken cancellationToken)
    {
        if (connections.Count == 0)
        {
            return [];
        }

        using var channel = machine.Open(NetlinkFamily.Netfilter);
        var tracker = new ConnectionTracker(channel);
        return
        [
            .. connections
                .Select(c => tracker.FindByReply(c.LocalAddress, c.LocalPort, c.RemoteAddress, c.RemotePort, cancellationToken) is { } sent
                    ? c with
                    {
                        LocalAddress = sent.Destination,
                        LocalPort = sent.DestinationPort,
                        RemoteAddress = sent.Source,
                        RemotePort = sent.SourcePort,
                    }
                    : c)
                .DistinctBy(c => (c.RemoteAddress, c.LocalAddress, c.LocalPort)),
        ];
    }

    /// <summary>A connection like one that is there.</summary>
    public static string Like(string whose, ChangeOrigin connection) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"a new connection like {whose} (from {connection.RemoteAddress} to {connection.LocalAddress} port "
                + $"{connection.LocalPort}/tcp)");

    /// <summary>When a lock-out begins, as the beginning of a sentence; empty for one that is there already.</summary>
    public static string When(LockOutForecast forecast) => forecast.In <= TimeSpan.Zero || forecast.Ended.Count == 0
        ? ""
        : string.Create(
            CultureInfo.InvariantCulture,
            $"once {(forecast.Ended.Count == 1 ? "rule" : "rules")} "
                + $"{string.Join(", ", forecast.Ended.Select(r => $"#{r.Number} ({r.Words})"))} "
                + $"{(forecast.Ended.Count == 1 ? "ends" : "end")}, in "
                + $"{DurationText.Format(TimeSpan.FromSeconds(Math.Ceiling(forecast.In.TotalSeconds)))}, ");

    /// <summary>A rule or policy, so that a person finds it. Hostile text.</summary>
    public static string Name(RuleReference? rule) => rule switch
    {
        null => "an unknown rule",
        { Rule: { Comment: { } comment } } when OwnTable.Is(rule.Table) => "rule " + comment,
        { Rule: { } found } =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"table {Portolan.Firewall.Rendering.RuleWords.Of(rule.Table.Family)} {rule.Table.Name} chain {rule.Chain.Name} handle "
                    + $"{found.Handle} ({RuleText.Of(rule)})"),
        _ => $"the policy of table {Portolan.Firewall.Rendering.RuleWords.Of(rule.Table.Family)} {rule.Table.Name} chain {rule.Chain.Name}",
    };
}
