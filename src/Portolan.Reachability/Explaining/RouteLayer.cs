using System.Globalization;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging;
using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Explaining;

/// <summary>The way in: the interface, the own address, and the check of senders.</summary>
internal sealed class RouteLayer(
    ExplainQuestion question, NamespaceJudge judge, bool isIPv4, Func<FlowOutcome, ExplanationStep> translation)
{
    private const int MostNamed = 4;

    /// <summary>Says on which interfaces packets come in, and what the check of senders is set to.</summary>
    internal string Describe(FamilyReach reach, FlowQuery query)
    {
        if (query.Direction == FlowDirection.Loopback)
        {
            return "over loopback";
        }

        return Names(
            [.. reach.Shares.Where(s => s.Fate != ReachFate.NoRoute).SelectMany(s => s.Region.Packets.Interfaces).Distinct().Order()]);
    }

    /// <summary>The step of packets that come in: not known where the check of senders could not be read.</summary>
    internal ExplanationStep Step(string detail) =>
        new("route in", isIPv4 && !judge.Host.KnowsSettings ? LayerResult.Unknown : LayerResult.Ok, detail);

    private string Names(IReadOnlyList<int> indexes)
    {
        // An interface without an address of the family is named only where no other is: packets to this machine come in elsewhere.
        var addressed = indexes.Where(i => AddressOf(i) is not null).ToList();
        var parts = new List<string>();
        var all = addressed.Count > 0 ? addressed : indexes;
        foreach (var index in all.Take(MostNamed))
        {
            if (judge.Host.Interface(index) is { } device)
            {
                var filter = !isIPv4 ? "" : !judge.Host.KnowsSettings ? "; rp_filter unknown" : device.ReversePathFilter switch
                {
                    0 => "; rp_filter off",
                    1 => "; rp_filter strict",
                    _ => "; rp_filter loose",
                };
                parts.Add($"{device.Name}{(AddressOf(index) is { } address ? $" {address}" : "")}{filter}");
            }
        }

        return parts.Count == 0
            ? "not known"
            : string.Join(", ", parts) + (all.Count > MostNamed ? $" and {all.Count - MostNamed} more" : "");
    }

    /// <summary>Says why routing lets nothing in.</summary>
    internal FamilyExplanation Explain(FamilyExplanation result, FamilyReach reach, FlowQuery query)
    {
        if (reach.Shares.Count == 0)
        {
            var what =
                $"no interface that is up accepts {(isIPv4 ? "IPv4" : "IPv6")} from outside to "
                    + $"{(question.Address is { } address ? address.ToString() : "this machine")}";
            result.Add(new ExplanationStep("route in", LayerResult.Fail, what));
            result.Fixes.Add($"ip link; ip address    # bring an interface up and give it an address");
            return result.End(ReachVerdict.Unreachable, ClientSymptom.TimesOut, what);
        }

        var share = reach.Shares[0];
        var layer = "route in";
        if (share.Region.Outcome.Rewriting is not null)
        {
            // It came in well; it is the way on that is missing.
            result.Add(Step(Names(share.Region.Packets.Interfaces)));
            result.Add(translation(share.Region.Outcome));
            layer = "route on";
        }

        var index = Likeliest(share);
        var device = judge.Host.Interface(index);
        var name = device?.Name ?? "the interface";
        var piece = PieceOf(share, index);
        var fate = piece?.Fate;
        var sender = question.From?.AddressText ?? "the senders";
        (string Detail, Advice Fix) found = fate switch
        {
            InputFate.ReversePath => (
                $"rp_filter on {name} is {(device?.ReversePathFilter != 1 ? "loose, and no way leads back to " + sender : judge.Likely.InterfacesTo(share.Senders, isIPv4, Answering(share)).Count == 0 ? "strict, and no way leads back to " + sender : "strict, and the way back to " + sender + " is another one")}: packets are dropped",
                FilterFix(share, name)),
            InputFate.Martian when (share.Region.Outcome.Rewriting?.Address ?? question.Address) is { IsLoopback: true } loopback => (
                $"{loopback} is loopback: the kernel drops packets to it that arrive on {name}",
                isIPv4 && share.Region.Outcome.Rewriting is not null
                    ? Advice.Of($"# make the rule redirect to a non-loopback address of this machine; "
                        + $"{Setting($"net/ipv4/conf/{name}/route_localnet", 1)} would expose all loopback listeners to every host on "
                        + $"{name}")
                    : $"ip address    # lists the addresses that other machines reach"),
            InputFate.Martian =>
                ($"packets from {sender} cannot arrive on {name}: it is an address of this machine, or not a unicast address",
                    $"portolan explain {question.PortWords} --from ADDR    # an address of another machine"),
            InputFate.NotForwarding =>
                ($"packets are for another machine, but forwarding is off on {name}", Forwarding(name, isIPv4)),
            InputFate.NoIPv6 =>
                ($"IPv6 is off on {name}",
                    $"sudo sysctl {Setting($"net/ipv6/conf/{name}/disable_ipv6", 0)}    # also gives {name} IPv6 addresses, and exposes "
                        + $"all IPv6 listeners there"),
            _ => (share.Region.Outcome.RouteProblem?.ToText() ?? "no route to the packets' destination",
                $"ip route get {share.Region.Outcome.Rewriting?.Address?.ToString() ?? question.Address?.ToString() ?? "ADDR"}; ip rule    "
                    + $"# then add a route"),
        };
        result.Add(new ExplanationStep(layer, LayerResult.Fail, found.Detail));
        result.Fixes.Add(found.Fix);
        var symptom = SymptomOf(piece, device);
        return result.End(ReachVerdict.Unreachable, symptom, $"{found.Detail}; the client {Symptoms.Words(symptom, question.Protocol)}");
    }

    /// <summary>Of the interfaces on which packets come in, the one that has their address.</summary>
    private int Likeliest(Share share)
    {
        var (interfaces, asked) = (share.Region.Packets.Interfaces, share.Region.Packets.Destinations);
        return judge.Host.Addresses.FirstOrDefault(
            a => a.Address.IsIPv4 == isIPv4 && interfaces.Contains(a.InterfaceIndex) && asked.Contains(a.Address.Number))?.InterfaceIndex
            ?? (interfaces.Count > 0 ? interfaces[0] : 0);
    }

    private static IntervalSet Answering(Share share) => share.Region.Outcome.Rewriting?.Address is { } to
        ? IntervalSet.Of(to.Number)
        : share.Region.Packets.Destinations;

    // Loose is enough where any way leads back; else both the check and the replies need a route.
    private Advice FilterFix(Share share, string name) => judge.Likely.InterfacesTo(share.Senders, isIPv4, Answering(share)).Count > 0
        ? Advice.Of($"# correct the route back to {Sender} so that it uses {name}; {Setting($"net/ipv4/conf/{name}/rp_filter", 2)} would "
            + $"also accept forged senders there")
        : judge.Likely.Groups(isIPv4).Count > 0
            ? $"ip rule; ip route show table all    # then add a route back on {name} to the table for packets from the destination address"
        : question.From is { Addresses: not null } from
            ? Advice.Of($"sudo ip route add {from.AddressText} dev {name}    # with via GATEWAY when it is behind a router")
            : $"ip route; ip rule    # then add a return route on {name}";

    /// <summary>What turns forwarding on for what arrives on an interface.</summary>
    internal static Advice Forwarding(string name, bool isIPv4) => isIPv4
        ? Advice.Of($"sudo sysctl {Setting($"net/ipv4/conf/{name}/forwarding", 1)}    # also forwards all other packets that arrive on "
            + $"{name}, unless rules drop them")
        : $"sudo sysctl net/ipv6/conf/all/forwarding=1    # also forwards all other IPv6 packets, unless rules drop them, and disables "
            + $"addresses from router advertisements (accept_ra)";

    // With slashes: names of interfaces may contain dots (sysctl(8)).
    private static Advice Setting(string name, int value) => $"{string.Create(CultureInfo.InvariantCulture, $"{name}={value}")}";

    private Advice Sender => question.From is { AddressText: { } text } ? Advice.Prose(text) : $"the senders";

    private string? AddressOf(int index) =>
        judge.Host.Addresses.FirstOrDefault(
            a => a.InterfaceIndex == index && a.Address.IsIPv4 == isIPv4 && !a.Address.IsLinkLocal)?.Address.ToString();

    /// <summary>What the routing decision itself says, for the words.</summary>
    private InputPiece? PieceOf(Share share, int index)
    {
        if (share.Senders.IsEmpty || share.Region.Packets.Destinations.IsEmpty)
        {
            return null;
        }

        var destination = share.Region.Outcome.Rewriting?.Address?.Number ?? share.Region.Packets.Destinations.Intervals[0].First;
        var pieces = new InputRouting(judge.Routes).Route(
            isIPv4, IntervalSet.Of(share.Senders.Intervals[0].First), IntervalSet.Of(destination), index, 0);
        return pieces.Count > 0 ? pieces[0] : null;
    }

    /// <summary>
    /// A router says that it has no route (ip_error, ip6_pkt_discard); one that does not forward, or has a blackhole, is silent. IPv6 says
    /// it in any case.
    /// </summary>
    private ClientSymptom SymptomOf(InputPiece? piece, HostInterface? device) => piece switch
    {
        { Fate: InputFate.NoRoute, Route.Kind: HostRouteKind.Blackhole } => ClientSymptom.TimesOut,
        { Fate: InputFate.NoRoute } when !isIPv4 || device is { ForwardsIPv4: true } => ClientSymptom.Unreachable,
        _ => ClientSymptom.TimesOut,
    };
}
