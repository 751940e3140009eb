using System.Globalization;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;

namespace Portolan.Reachability.Judging;

/// <summary>What is said of an exchange whose first packets get through and whose later ones do not.</summary>
/// <param name="protocol">The protocol.</param>
/// <param name="later">What becomes of the later ones.</param>
/// <param name="isReply">Whether these are packets of the server.</param>
public sealed class LaterPackets(TransportProtocol protocol, FlowOutcome later, bool isReply)
{
    /// <summary>The name of the layer, and what an answer depends on.</summary>
    public const string Name = "later packets";

    private bool AreDatagrams => protocol is TransportProtocol.Udp or TransportProtocol.UdpLite;

    /// <summary>Whether the client gets a reset, as far as that gets out.</summary>
    public bool IsReset => protocol == TransportProtocol.Tcp && !isReply
        && later is { Decision: FlowDecision.Reject, Rejection.Kind: RejectKind.TcpReset };

    /// <summary>Why no exchange gets done, or not every one; no full stop. Has names of chains: outside text.</summary>
    public string Reason => (later.Spent, later.IsLate) switch
    {
        ({ } spent, false) => $"an exchange takes at least {Packets(spent.Fewest, spent)} past {Limit(spent.Limit)}",
        ({ } spent, true) =>
            $"an exchange takes {Number(spent.Fewest)} to {Packets(spent.Most, spent)} past {Limit(spent.Limit)}: longer ones stall",
        (null, true) =>
            $"the first {(AreDatagrams ? "datagram and its answer" : "packets")} get through, but {Stopper} blocks some later ones",
        _ when IsReset => "the client connects, but its later packets are answered with a reset",
        _ => $"the client connects, but {(isReply ? "its packets are not answered" : "nothing it sends after that gets in")}",
    };

    private string Stopper => later.Decider is { } decider ? RuleLabel.Full(decider) : "routing";

    private static string Limit(FlowLimit limit) => $"{RuleLabel.Full(limit.Rule)}, which accepts {Amount(limit)}";

    private static string Packets(double count, SpentLimit spent) =>
        $"{Number(count)} {(spent.Limit.Measure.Unit == LimitUnit.Bytes ? "byte" : "packet")}{(count == 1 ? "" : "s")}";

    private static string Number(double count) => count.ToString("0", CultureInfo.InvariantCulture);

    // nft and iptables call it a burst.
    private static string Amount(FlowLimit limit) => limit.Measure is { Seconds: > 0, Unit: LimitUnit.Packets } measure
        ? string.Create(CultureInfo.InvariantCulture, $"{limit.Amount} (burst {measure.AtOnce:0})")
        : limit.Amount;
}
