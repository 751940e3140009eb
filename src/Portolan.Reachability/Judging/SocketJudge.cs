using System.Globalization;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging;
using Portolan.Sockets;

namespace Portolan.Reachability.Judging;

/// <summary>How much of an ordinary client's packets a socket refuses.</summary>
public enum RefusedExtent
{
    /// <summary>The socket takes packets from every sender.</summary>
    Nothing,

    /// <summary>It cannot be known.</summary>
    Unknown,

    /// <summary>A part.</summary>
    Some,

    /// <summary>The socket takes packets from no sender.</summary>
    All,
}

/// <summary>What a socket refuses of an ordinary client's packets.</summary>
/// <param name="Extent">How much.</param>
/// <param name="What">By what, in two or three words: <c>IP_MINTTL 255</c>.</param>
/// <param name="Detail">For the step of the explanation.</param>
/// <param name="Reason">For the headline.</param>
public sealed record SocketFinding(RefusedExtent Extent, string What, string Detail, string Reason)
{
    /// <summary>Nothing is refused.</summary>
    public static SocketFinding None { get; } = new(RefusedExtent.Nothing, "", "", "");

    /// <summary>What a part depends on: <c>the sender</c>.</summary>
    public string On { get; init; } = "";

    /// <summary>The senders of whom everything is refused; <c>null</c> where it is not the sender that decides.</summary>
    public IntervalSet? Senders { get; init; }

    /// <summary>Which of a sender's packets are taken, where a part is refused: <c>with a TTL from 100 on</c>; or <c>null</c>.</summary>
    public string? Part { get; init; }

    /// <summary>Whether the program is to be looked at, which does not read.</summary>
    public bool IsQueue { get; init; }
}

/// <summary>Judges what sockets refuse themselves, behind all rules, for the packets of an ordinary client.</summary>
public static class SocketJudge
{
    /// <summary>The highest TTL there is: only from a neighbour (RFC 5082).</summary>
    private const int HighestHopLimit = 255;

    /// <summary>No packet is longer: a filter that keeps as much cuts nothing.</summary>
    private const uint LongestPacket = ushort.MaxValue;

    /// <summary>What the smallest datagram takes of a receive queue: 512 bytes of data and 256 of struct sk_buff (SKB_TRUESIZE).</summary>
    private const uint SmallestDatagram = 768;

    /// <summary>What decides most of what a socket refuses.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="isIPv4">The family of the packets.</param>
    /// <param name="senders">The senders asked about; <c>null</c> for all.</param>
    /// <param name="replies">How far replies get; <c>null</c> where the routes are not known.</param>
    public static SocketFinding Of(
        SocketRefusal socket, TransportProtocol protocol, bool isIPv4, IntervalSet? senders, ReplyRoutes? replies)
    {
        ArgumentNullException.ThrowIfNull(socket);
        SocketFinding[] found = protocol switch
        {
            TransportProtocol.Tcp => [Md5(socket, isIPv4, senders), Filter(socket), HopLimit(socket, isIPv4), Ao(socket)],
            TransportProtocol.Udp => [Queue(socket), Filter(socket)],
            _ => [],
        };
        found = replies is null
            ? [SocketFinding.None, .. found]
            : [SocketFinding.None, .. found, OnLink(socket, isIPv4, senders, replies), SentHopLimit(socket, isIPv4, senders, replies)];
        return found.MaxBy(static f => f.Extent)!;
    }

    private static SocketFinding Md5(SocketRefusal socket, bool isIPv4, IntervalSet? senders)
    {
        var peers = socket.Md5Peers.Where(p => p.Address.IsIPv4 == isIPv4).ToList();
        var keyed = IntervalSet.From(peers.Select(static p => new Interval(p.Address.Number, p.Last.Number)));
        var asked = senders ?? IntervalSet.All(isIPv4 ? 32 : 128);
        if (asked.Intersect(keyed).IsEmpty)
        {
            return SocketFinding.None;
        }

        var names = string.Join(", ", peers.Select(static p => p.ToMachineText()));
        return new SocketFinding(
            asked.Except(keyed).IsEmpty ? RefusedExtent.All : RefusedExtent.Some,
            "TCP-MD5 key",
            $"TCP-MD5 key for {names} (TCP_MD5SIG, RFC 2385): unsigned segments are dropped",
            $"the listener requires TCP-MD5 signatures from {names}")
        {
            On = "the sender",
            Senders = keyed,
        };
    }

    private static SocketFinding Ao(SocketRefusal socket) => !socket.HasAoKeys ? SocketFinding.None : new SocketFinding(
        RefusedExtent.Unknown,
        "TCP-AO key",
        "TCP-AO keys (RFC 5925): segments of senders with a key are dropped unless signed; those senders are unknown",
        "the listener has TCP-AO keys; which senders must sign is unknown");

    private static SocketFinding HopLimit(SocketRefusal socket, bool isIPv4)
    {
        var least = isIPv4 ? socket.MinimumTtl : socket.MinimumHopLimit;
        var taken = least > 0
            ? OrdinaryClient.HopLimits.Intersect(IntervalSet.Of((uint)least, HighestHopLimit))
            : OrdinaryClient.HopLimits;
        if (taken.Equals(OrdinaryClient.HopLimits))
        {
            return SocketFinding.None;
        }

        var (option, name) = isIPv4 ? ("IP_MINTTL", "TTL") : ("IPV6_MINHOPCOUNT", "hop limit");
        var what = string.Create(CultureInfo.InvariantCulture, $"{option} {least}");
        var purpose = least == HighestHopLimit ? " (GTSM, RFC 5082)" : "";
        var lower = string.Create(CultureInfo.InvariantCulture, $"packets with a {name} below {least}");
        return new SocketFinding(
            taken.IsEmpty ? RefusedExtent.All : RefusedExtent.Some, what, $"{what}{purpose}: {lower} are dropped",
            $"the listener drops {lower}, {what}{purpose}")
        {
            On = $"the {name}",
            Part = string.Create(CultureInfo.InvariantCulture, $"with a {name} from {least} on"),
        };
    }

    // ip_route_output_key: RT_SCOPE_LINK for such a socket. IPv6 does not look at the option.
    private static SocketFinding OnLink(SocketRefusal socket, bool isIPv4, IntervalSet? senders, ReplyRoutes replies)
    {
        if (!socket.StaysOnLink || !isIPv4 || Routed(isIPv4, senders, replies) is not { IsEmpty: false } routed)
        {
            return SocketFinding.None;
        }

        return new SocketFinding(
            senders is not null && senders.Except(routed).IsEmpty ? RefusedExtent.All : RefusedExtent.Some, "SO_DONTROUTE",
            "SO_DONTROUTE: replies go only to hosts on its own links, not through gateways",
            "the listener replies only to hosts on its own links (SO_DONTROUTE)")
        {
            On = "the sender",
            Senders = routed,
        };
    }

    private static SocketFinding SentHopLimit(SocketRefusal socket, bool isIPv4, IntervalSet? senders, ReplyRoutes replies)
    {
        var own = isIPv4 ? socket.SentTtl : socket.SentHopLimit;
        if ((own ?? (isIPv4 ? replies.DefaultTtl : OrdinaryClient.MostRouters)) is not (< OrdinaryClient.MostRouters and var hops)
            || Routed(isIPv4, senders, replies).IsEmpty)
        {
            return SocketFinding.None;
        }

        var (option, name) = own is null ? ("ip_default_ttl", "TTL") : isIPv4 ? ("IP_TTL", "TTL") : ("IPV6_UNICAST_HOPS", "hop limit");
        var what = string.Create(CultureInfo.InvariantCulture, $"{option} {hops}");
        var far = hops <= 1
            ? "no router"
            : string.Create(CultureInfo.InvariantCulture, $"at most {hops - 1} router{(hops == 2 ? "" : "s")}");
        return new SocketFinding(
            RefusedExtent.Some, what, $"{what}: replies pass {far}",
            string.Create(CultureInfo.InvariantCulture, $"replies leave with a {name} of {hops} ({option}) and reach {far}"))
        {
            On = "the sender's distance in routers",
            Part = hops <= 1 ? "on the link itself" : $"behind {far}",
        };
    }

    private static IntervalSet Routed(bool isIPv4, IntervalSet? senders, ReplyRoutes replies) =>
        senders is null ? replies.Routed(isIPv4) : replies.Routed(isIPv4).Intersect(senders);

    private static SocketFinding Filter(SocketRefusal socket)
    {
        if (socket.Filter is not { } filter || filter.Result >= LongestPacket)
        {
            return SocketFinding.None;
        }

        var option = filter.IsExtended ? "SO_ATTACH_BPF" : "SO_ATTACH_FILTER";
        return filter.Result switch
        {
            0 => new SocketFinding(
                RefusedExtent.All, "socket filter", $"socket filter ({option}) drops every packet",
                $"a socket filter ({option}) drops every packet"),
            { } bytes => Undecided(
                option, string.Create(CultureInfo.InvariantCulture, $"socket filter ({option}) truncates packets after {bytes} bytes")),
            _ => Undecided(option, $"socket filter ({option}) is not evaluated"),
        };
    }

    private static SocketFinding Undecided(string option, string detail) =>
        new(RefusedExtent.Unknown, "socket filter", detail, $"a socket filter ({option}) decides");

    private static SocketFinding Queue(SocketRefusal socket)
    {
        // __udp_enqueue_schedule_skb: an empty queue takes any datagram.
        if (socket.QueueLimit == 0 || socket.QueuedBytes == 0 || (ulong)socket.QueuedBytes + SmallestDatagram <= socket.QueueLimit)
        {
            return SocketFinding.None;
        }

        return new SocketFinding(
            RefusedExtent.All,
            "receive queue full",
            string.Create(
                CultureInfo.InvariantCulture,
                $"receive queue full: {socket.QueuedBytes} of {socket.QueueLimit} bytes (SO_RCVBUF): the program does not read"),
            "the receive queue is full: the program does not read datagrams")
        {
            IsQueue = true,
        };
    }
}

/// <summary>How far replies get that sockets limit themselves: to hosts on the links, or past so many routers.</summary>
/// <param name="routes">The routes of the namespace.</param>
public sealed class ReplyRoutes(RouteMap routes)
{
    private readonly IntervalSet?[] _routed = new IntervalSet?[2];

    /// <summary>The TTL of IPv4 packets of sockets that have none of their own (ip_default_ttl).</summary>
    public int DefaultTtl => routes.Facts.DefaultTtl;

    /// <summary>The hosts that packets of this machine go to by a gateway.</summary>
    /// <param name="isIPv4">The family.</param>
    public IntervalSet Routed(bool isIPv4) => _routed[isIPv4 ? 1 : 0] ??= IntervalSet.UnionOf(
        [.. routes.Find(IntervalSet.All(isIPv4 ? 32 : 128), new RouteKey(isIPv4)).Where(
            static p => p.Outcome is { Kind: HostRouteKind.Unicast, Gateway: not null }).Select(static p => p.Destinations)]);
}
