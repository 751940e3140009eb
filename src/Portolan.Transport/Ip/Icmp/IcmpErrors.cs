using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Ip;

/// <summary>
/// Sends ICMP errors about packets that came, where RFC 1122 section 3.2.2 and RFC 4443 section 2.4 (e) allow it, and not too many.
/// </summary>
internal sealed class IcmpErrors(IpHost host, SipHash hash)
{
    /// <summary>RFC 1812 section 4.3.2.3: as much as fits into 576 bytes.</summary>
    private const int LongestIPv4 = 576;

    /// <summary>RFC 4443 section 2.4 (c): as much as fits into the least MTU.</summary>
    private const int LongestIPv6 = PathMtuTable.LeastIPv6;

    /// <summary>RFC 1812 section 4.3.2.5: precedence 6, internetwork control.</summary>
    private const byte InternetworkControl = 48;

    private readonly ErrorLimiter _limiter = new(host.Options.IcmpLimits, hash);

    /// <summary>Notifies the sender of a packet.</summary>
    /// <param name="packet">The packet from its IP header on; only its start has to be there.</param>
    /// <param name="error">What.</param>
    /// <param name="arrival">Where it came in; <c>null</c> when that is not known any more.</param>
    /// <param name="isForwarded">Whether it was to be passed on: then this host answers from its address towards the sender, whatever was
    /// asked.</param>
    internal void Send(ReadOnlySpan<byte> packet, in IcmpError error, IpInterface? arrival, bool isForwarded = false)
    {
        if (!host.Options.SendsErrors || !QuotedPacket.TryRead(packet, out var quote) || !IsAllowed(quote, packet, error, arrival))
        {
            return;
        }

        // The source is the address that was asked for, else one of this host's (RFC 1812 section 4.3.2.4, RFC 4443 section 2.2).
        var to = quote.Source;
        var from = !isForwarded && Router.IsUnicast(quote.Destination) && host.OwnerOf(quote.Destination, arrival) is not null
            ? quote.Destination
            : default;
        from = from.IsUnspecified ? (to.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6) : from;
        var zone = !to.IsIPv4 && to.IsLinkLocal ? arrival?.Number ?? 0 : 0;
        if (!host.TryBorrowPath(from, to, zone, out var path))
        {
            return;
        }

        if (!_limiter.TryTake(to, host.Now))
        {
            host.Counters.Drop(IpDrop.ErrorLimited);
            return;
        }

        var most = to.IsIPv4 ? LongestIPv4 - Ipv4Writer.Length : LongestIPv6 - Ipv6Writer.Length;
        var quoted = packet[..Math.Min(packet.Length, most - IcmpMessage.HeaderLength)];
        var room = host.Reserve(path, IcmpMessage.HeaderLength + quoted.Length);
        if (room.IsEmpty)
        {
            host.Counters.Drop(IpDrop.LinkBusy);
            return;
        }

        var length = to.IsIPv4
            ? IcmpWriter.Write(room, error.Type4, error.Code4, error.Rest4, quoted)
            : Icmpv6Writer.Write(room, path.Source, to, error.Type6, error.Code6, error.Rest6, quoted);
        host.Counters.ErrorsSent++;
        host.Send(new IpDeparture(
            to.IsIPv4 ? IpProtocol.Icmp : IpProtocol.Icmpv6, length, TrafficClass: to.IsIPv4 ? InternetworkControl : (byte)0,
            MayFragment: true));
    }

    /// <summary>The next hop of a packet does not answer: its sender is told, the protocol itself when the packet is this host's.</summary>
    internal void OnNextHopSilent(IpInterface at, ReadOnlySpan<byte> packet)
    {
        if (!QuotedPacket.TryRead(packet, out var quote))
        {
            return;
        }

        if (host.OwnerOf(quote.Source, at) is null)
        {
            Send(packet, IcmpError.HostUnreachable, arrival: null);
            return;
        }

        if (quote.Payload.Length >= 8)
        {
            var error = IcmpError.HostUnreachable;
            var (type, code) = quote.IsIPv4 ? ((byte)error.Type4, error.Code4) : ((byte)error.Type6, error.Code6);
            var report = new IcmpArrival(
                IcmpProblem.HostUnreachable, type, code, 0, quote.Source, quote.Source, quote.Destination, at.Number, packet.Length);
            host.ProtocolOf(quote.Protocol)?.OnIcmpError(report, quote.Payload, host.Now);
        }
    }

    private bool IsAllowed(in QuotedPacket quote, ReadOnlySpan<byte> packet, in IcmpError error, IpInterface? arrival)
    {
        // RFC 1122 section 3.2.2: never about what did not come from one host.
        var source = quote.Source;
        if (!Router.IsUnicast(source) || host.Router.Addresses.IsBroadcast(source, out _)
            || (source.IsLoopback && arrival is { IsLoopback: false }))
        {
            return false;
        }

        // Nor about what went to many, by its address or by its frame, but for the exceptions of RFC 4443 section 2.4 (e.3).
        var toMany = Router.IsMulticast(quote.Destination) || host.Router.Addresses.IsBroadcast(quote.Destination, out _)
            || host.IsFrameForMany;
        if (toMany && (quote.IsIPv4 || !error.IsSentForGroups))
        {
            return false;
        }

        // Nor about later fragments, nor about another error; what is too short to tell counts as one.
        if (quote.IsIPv4)
        {
            var isLater = ((packet[6] & 0x1f) | packet[7]) != 0;
            return !isLater && (quote.Protocol != IpProtocol.Icmp || (!quote.Payload.IsEmpty && IsQuery((IcmpType)quote.Payload[0])));
        }

        return quote.Protocol != IpProtocol.Icmpv6
            || (!quote.Payload.IsEmpty && quote.Payload[0] >= (byte)Icmpv6Type.EchoRequest
                && quote.Payload[0] != (byte)Icmpv6Type.Redirect);
    }

    private static bool IsQuery(IcmpType type) =>
        type is IcmpType.EchoReply or IcmpType.EchoRequest or IcmpType.TimestampRequest or IcmpType.TimestampReply
        or IcmpType.AddressMaskRequest or IcmpType.AddressMaskReply;
}
