using Portolan.Firewall.Judging;
using Portolan.Firewall.Judging.Ports;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Charting;

/// <summary>
/// Who reaches the ports of one network namespace, each set of ports that rules do not tell apart judged once.
/// </summary>
/// <remarks>
/// Recording what rules ask about a port costs a little for each judgement, so it is of use where there are many ports. Measured by
/// bench/page: 63,999 listeners under 10,000 rules, each of a port and a network of its own, take 10,002 judgements. For one thread.
/// </remarks>
/// <param name="judge">The judge of the namespace.</param>
internal sealed class AlikePorts(NamespaceJudge judge)
{
    private readonly Dictionary<Asked, PortTree<FamilyReach>> _known = [];
    private readonly Dictionary<(FamilyReach?, FamilyReach?), (PortExposure Exposure, PortVerdict Verdict)> _verdicts = [];

    /// <summary>How many ports were judged, family by family.</summary>
    internal int Judged { get; private set; }

    /// <summary>Who reaches a port that is bound so, and the verdict.</summary>
    /// <param name="row">The binds, the protocol and the port.</param>
    /// <param name="land">Where packets of these senders and this family end that are let through.</param>
    /// <param name="cancellationToken">Stops between two questions.</param>
    internal (IReadOnlyList<FamilyReach> Reach, PortExposure Exposure, PortVerdict Verdict) Of(
        ChartRow row, Func<FlowRegion, IntervalSet, bool, Landing> land, CancellationToken cancellationToken)
    {
        var ipv4 = Of(row, isIPv4: true, land, cancellationToken);
        var ipv6 = Of(row, isIPv4: false, land, cancellationToken);
        FamilyReach[] reach = [.. ((FamilyReach?[])[ipv4.Reach, ipv6.Reach]).OfType<FamilyReach>()];
        if (!ipv4.IsKept || !ipv6.IsKept)
        {
            var (exposure, verdict) = PortSummary.Of(reach);
            return (reach, exposure, verdict);
        }

        if (!_verdicts.TryGetValue((ipv4.Reach, ipv6.Reach), out var known))
        {
            _verdicts.Add((ipv4.Reach, ipv6.Reach), known = PortSummary.Of(reach));
        }

        return (reach, known.Exposure, known.Verdict);
    }

    private (FamilyReach? Reach, bool IsKept) Of(
        ChartRow row, bool isIPv4, Func<FlowRegion, IntervalSet, bool, Landing> land, CancellationToken cancellationToken)
    {
        var binds = NamespaceJudge.InFamily(row.Binds, isIPv4).ToList();
        if (binds is not [var bind])
        {
            // A trace is of one query, and each bind is one.
            return (judge.Reach(binds, row.Protocol, row.Port, isIPv4, null, land, cancellationToken), IsKept: binds.Count == 0);
        }

        var asked = new Asked(isIPv4, row.Protocol, bind.IsWildcard ? null : bind.Address, bind.InterfaceIndex);
        if (!_known.TryGetValue(asked, out var tree))
        {
            _known.Add(asked, tree = new PortTree<FamilyReach>());
        }

        if (tree.Find(row.Port.Value, out _) is { } match)
        {
            return match.Exchange.ChangesNothing ? (match.Leaf, IsKept: true) : (match.Leaf.With(match.Exchange), IsKept: false);
        }

        var trace = new PortTrace(row.Port.Value);
        var reach = judge.Reach(binds, row.Protocol, row.Port, isIPv4, trace, land, cancellationToken)!;
        Judged++;

        // Where translated packets end is another matter than what rules do with them.
        var isKept = trace.IsShared && !reach.Shares.Concat(reach.Exceptions).Any(static s => s.Region.Outcome.Translation is not null);
        if (isKept)
        {
            tree.Add(trace, reach);
        }

        return (reach, isKept);
    }

    private readonly record struct Asked(bool IsIPv4, TransportProtocol Protocol, InternetAddress? Address, int Interface);
}
