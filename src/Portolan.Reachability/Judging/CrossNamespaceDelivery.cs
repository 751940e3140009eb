using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Sockets;

namespace Portolan.Reachability.Judging;

/// <summary>Follows packets that rules send on out of this namespace: into another one of this machine, as far as it can be read.</summary>
/// <param name="here">The namespace that sends them on.</param>
/// <param name="sockets">The sockets of all namespaces, those on the port they are sent to among them.</param>
/// <param name="judgeOf">The judge of a namespace; <c>null</c> for the one that sends on, and where rules could not be read.</param>
public sealed class CrossNamespaceDelivery(NamespaceJudge here, SocketSnapshot sockets, Func<NetworkNamespace, NamespaceJudge?> judgeOf)
{
    private readonly ListeningSockets _listening = new(sockets);

    /// <summary>Where they end.</summary>
    /// <param name="region">The packets, which a rule translated and which are forwarded.</param>
    /// <param name="senders">Who sends them.</param>
    /// <param name="areAsked">Whether these senders were asked about, and not all who may be.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="port">The port before translation.</param>
    /// <param name="isIPv4">The family.</param>
    /// <param name="cancellationToken">Stops between two questions.</param>
    public Landing Find(
        FlowRegion region, IntervalSet senders, bool areAsked, TransportProtocol protocol, PortNumber port, bool isIPv4,
        CancellationToken cancellationToken)
    {
        if (region.Outcome is not { Translation: { Address: { } address, Ports: null } to } outcome
            || Find(address, outcome.OutputInterface) is not { } next)
        {
            return Landing.Unseen;
        }

        var number = to.Port ?? port.Value;
        var sourcesStay =
            !here.Rules.Tables.Any(static t => t.Chains.Any(static c => c.Hook is { Type: "nat", Point: HookPoint.Postrouting }));
        var answer = next.Judge.Judge(new FlowQuery
        {
            Direction = FlowDirection.Inbound,
            IsIPv4 = isIPv4,
            Protocol = (byte)protocol,
            DestinationPort = number,
            Sources = sourcesStay && areAsked ? senders : null,
            Destinations = IntervalSet.Of(address.Number),
            Interfaces = [next.Interface],
        }, cancellationToken);
        var space = sockets.Namespaces[next.Index];
        var reach = FamilyReach.Of(isIPv4, [answer], sourcesStay && areAsked ? null : next.Judge.Likely);
        if (reach.Largest(ReachFate.Accepted) is not { } accepted)
        {
            return reach.Open.IsEmpty && reach.Largest(ReachFate.Denied, ReachFate.NoReply) is { } denied
                ? new Landing(LandingKind.Stopped)
                {
                    Space = space,
                    There = denied.Fate == ReachFate.NoReply ? denied.Region.Outcome.Hindrance : denied.Region.Outcome,
                    IsOfReplies = denied.Fate == ReachFate.NoReply,
                }
                : Landing.Unseen with { Space = space };
        }

        // What it sends on itself, or lets in of some only, is not followed further.
        return accepted.Region.Outcome is not { Delivery: DeliveryKind.Local, Translation: null } there || reach.Others.Count > 0
            ? Landing.Unseen with { Space = space }
            : new Landing(
                _listening.Take(next.Index, protocol, number, address, isIPv4, [next.Interface]) ? LandingKind.Taken : LandingKind.NotTaken)
            {
                Space = space,
                There = there,
            };
    }

    /// <summary>
    /// The namespace that has the address, at the other end of the interface that packets leave by, or of a port of that bridge; only when
    /// there is no doubt.
    /// </summary>
    private (int Index, int Interface, NamespaceJudge Judge)? Find(InternetAddress address, int output)
    {
        (int Index, int Interface, NamespaceJudge Judge)? found = null;
        for (var index = 0; index < sockets.Namespaces.Count; index++)
        {
            if (judgeOf(sockets.Namespaces[index]) is not { } judge)
            {
                continue;
            }

            foreach (var own in judge.Host.Addresses.Where(a => a.Address == address))
            {
                if (judge.Host.Interface(own.InterfaceIndex) is { } far && here.Host.Interface(far.Peer) is { } near && IsPair(near, far)
                    && (output == 0 || near.Index == output || near.Master == output))
                {
                    if (found is not null)
                    {
                        return null;
                    }

                    found = (index, far.Index, judge);
                }
            }
        }

        return found;
    }

    // Numbers of interfaces are each namespace's own: both ends must name each other.
    private static bool IsPair(HostInterface near, HostInterface far) =>
        near is { Kind: "veth" or "netkit" } && far.Kind == near.Kind && near.Peer == far.Index && far.Peer == near.Index;
}
