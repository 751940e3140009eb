using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging;
using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Explaining;

/// <summary>The way in: the interface, the own address, and the check of senders.</summary>
internal sealed class RouteLayer(ExplainQuestion question, NamespaceJudge judge, bool isIPv4)
{
    /// <summary>Says by which interfaces packets come in, and what the check of senders is set to.</summary>
    internal string Describe(FamilyReach reach, FlowQuery query)
    {
        if (query.Direction == FlowDirection.Loopback)
        {
            return "over loopback";
        }

        // An interface without an address of the family is named only where no other is: packets to this machine come in elsewhere.
        var indexes = reach.Shares.Where(s => s.Fate != ReachFate.NoRoute).SelectMany(s => s.Region.Packets.Interfaces).Distinct().Order().ToList();
        var addressed = indexes.Where(i => AddressOf(i) is not null).ToList();
        var parts = new List<string>();
        foreach (var index in (addressed.Count > 0 ? addressed : indexes).Take(4))
        {
            if (judge.Host.Interface(index) is { } device)
            {
                var filter = !isIPv4 ? "" : device.ReversePathFilter switch { 0 => "; rp_filter off", 1 => "; rp_filter strict", _ => "; rp_filter loose" };
                parts.Add($"{device.Name}{(AddressOf(index) is { } address ? $" {address}" : "")}{filter}");
            }
        }

        return parts.Count == 0 ? "not known" : string.Join(", ", parts);
    }

    /// <summary>Says why routing lets nothing in.</summary>
    internal FamilyExplanation Explain(FamilyExplanation result, FamilyReach reach, FlowQuery query)
    {
        if (reach.Shares.Count == 0)
        {
            var what = $"no interface that is up takes {(isIPv4 ? "IPv4" : "IPv6")} from outside to {(question.Address is { } address ? address.ToString() : "this machine")}";
            result.Add(new ExplanationStep("route in", StepResult.Fail, what));
            result.Fixes.Add("ip link; ip address    # bring an interface up and give it an address");
            return result.End(ReachVerdict.Unreachable, ClientSymptom.TimesOut, what);
        }

        var share = reach.Shares[0];
        var index = share.Region.Packets.Interfaces.Count > 0 ? share.Region.Packets.Interfaces[0] : 0;
        var device = judge.Host.Interface(index);
        var name = device?.Name ?? "the interface";
        var fate = FateOf(share, index);
        var sender = question.From?.Text ?? "the senders";
        var (detail, fix) = fate switch
        {
            InputFate.ReversePath => (
                $"rp_filter on {name} is {(device?.ReversePathFilter == 1 ? "strict, and the way back to " + sender + " is another one" : "loose, and no way leads back to " + sender)}: packets are dropped",
                $"sudo sysctl net.ipv4.conf.{name}.rp_filter=2    # or add the route back: sudo ip route add … dev {name}"),
            InputFate.Martian => ($"{sender} cannot come in by {name}: it is an address of this machine or of no network", "portolan explain " + question.PortWords + " --from ADDR of another machine"),
            InputFate.NotForwarding => ($"packets are to go on to another machine, and forwarding is off on {name}", isIPv4 ? "sudo sysctl net.ipv4.ip_forward=1" : "sudo sysctl net.ipv6.conf.all.forwarding=1"),
            InputFate.NoIPv6 => ($"IPv6 is off on {name}", $"sudo sysctl net.ipv6.conf.{name}.disable_ipv6=0"),
            _ => (share.Region.Outcome.RouteProblem ?? "no route leads to where packets are to go", "ip route; ip rule    # add a route"),
        };
        result.Add(new ExplanationStep("route in", StepResult.Fail, detail));
        result.Fixes.Add(fix);
        return result.End(ReachVerdict.Unreachable, ClientSymptom.TimesOut, $"{detail}; the client {Symptoms.Words(ClientSymptom.TimesOut)}");
    }

    private string? AddressOf(int index) =>
        judge.Host.Addresses.FirstOrDefault(a => a.InterfaceIndex == index && a.Address.IsIPv4 == isIPv4 && !a.Address.IsLinkLocal)?.Address.ToString();

    /// <summary>What the routing decision itself says, for the words.</summary>
    private InputFate? FateOf(Share share, int index)
    {
        if (share.Senders.IsEmpty || share.Region.Packets.Destinations.IsEmpty)
        {
            return null;
        }

        var destination = share.Region.Outcome.Translation?.Address?.Number ?? share.Region.Packets.Destinations.Intervals[0].First;
        var pieces = new InputRouting(judge.Routes).Route(isIPv4, IntervalSet.Of(share.Senders.Intervals[0].First), IntervalSet.Of(destination), index, 0);
        return pieces.Count > 0 ? pieces[0].Fate : null;
    }
}
