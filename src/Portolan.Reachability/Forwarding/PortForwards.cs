using Portolan.Firewall.Forwarding;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Forwarding;

/// <summary>Rules that lead packets for ports of this host elsewhere: those of <c>portolan forward --kernel</c>, and anybody's.</summary>
public static class PortForwards
{
    /// <summary>The forwards of Portolan that are at work.</summary>
    public static IReadOnlyList<PortForward> OfPortolan(Ruleset rules) => [.. WorkingForward.All(rules).Select(Of)];

    /// <summary>What leads packets for a port on: first the forwards of Portolan, then what the judge finds of other rules.</summary>
    /// <param name="judge">The judge of the namespace.</param>
    /// <param name="port">The port.</param>
    /// <param name="protocols">The protocols that are asked about; only TCP and UDP are forwarded.</param>
    /// <param name="cancellationToken">Stops between two questions.</param>
    public static IReadOnlyList<PortForward> OfPort(
        NamespaceJudge judge, PortNumber port, IReadOnlyCollection<TransportProtocol> protocols, CancellationToken cancellationToken)
    {
        var found = OfPortolan(judge.Rules).Where(f => f.Port == port && protocols.Contains(f.Protocol)).ToList();
        foreach (var protocol in (ReadOnlySpan<TransportProtocol>)[TransportProtocol.Tcp, TransportProtocol.Udp])
        {
            if (protocols.Contains(protocol))
            {
                found.AddRange(OfOthers(judge, protocol, port, cancellationToken));
            }
        }

        return found;
    }

    /// <summary>A forward of Portolan.</summary>
    internal static PortForward Of(WorkingForward working)
    {
        var forward = working.Forward;
        return new PortForward(forward.Protocol, forward.Port)
        {
            Address = forward.Address,
            TakesIPv4 = forward.Serves(true) && forward.Targets.Any(static t => t.Address.IsIPv4),
            TakesIPv6 = forward.Serves(false) && forward.Targets.Any(static t => !t.Address.IsIPv4),
            Targets = [.. forward.Targets.Select(static t => t.ToString())],
            Sources = forward.Sources,
            KeepsSource = forward.KeepsSource,
            IsPartial = forward.Sources.Count > 0 || forward.OneAddress is not null,
            Rule = RuleLabel.Full(working.Rule),
            IsOfPortolan = true,
            OwnerPortId = working.Rule.Table.OwnerPortId,
        };
    }

    private static List<PortForward> OfOthers(
        NamespaceJudge judge, TransportProtocol protocol, PortNumber port, CancellationToken cancellationToken)
    {
        var found = new List<PortForward>();
        foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
        {
            var regions = judge.Judge(
                new FlowQuery
                {
                    Direction = FlowDirection.Inbound,
                    IsIPv4 = isIPv4,
                    Protocol = (byte)protocol,
                    DestinationPort = port.Value,
                    WithReplies = false,
                },
                cancellationToken).Regions;
            foreach (var to in regions.Select(static r => r.Outcome.Translation).OfType<Translation>().Where(
                static t => !ForwardPlanning.IsAtWork(t.Rule.Table)))
            {
                var (rule, target) = (RuleLabel.Full(to.Rule), TargetText.Of(to, port));
                var at = found.FindIndex(f => f.Rule == rule);
                if (at < 0)
                {
                    at = found.Count;
                    found.Add(new PortForward(protocol, port)
                    {
                        Targets = [target],
                        Rule = rule,
                        IsPartial = regions.Any(static r => r.Outcome.Translation is null),
                    });
                }

                var so = found[at];
                found[at] = so with
                {
                    Targets = [.. so.Targets.Union([target])],
                    TakesIPv4 = so.TakesIPv4 || isIPv4,
                    TakesIPv6 = so.TakesIPv6 || !isIPv4,
                };
            }
        }

        return found;
    }
}
