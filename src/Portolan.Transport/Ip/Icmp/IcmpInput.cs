using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Ip;

/// <summary>Takes ICMP and ICMPv6 messages: answers echoes, hands errors to the protocol whose packet they quote.</summary>
/// <param name="host">The host.</param>
internal sealed class IcmpInput(IpHost host)
{
    /// <summary>RFC 5927 section 4.1: a quote below this says nothing that could be checked.</summary>
    private const int LeastQuote = 8;

    internal IpAnswer OnIcmp(in IpArrival arrival, ReadOnlySpan<byte> bytes, Instant now)
    {
        if (!IcmpMessage.TryRead(bytes, out var message) || !message.HasValidChecksum)
        {
            host.Counters.Drop(bytes.Length < IcmpMessage.HeaderLength ? IpDrop.Malformed : IpDrop.BadChecksum);
            return IpAnswer.None;
        }

        if (message.Type == IcmpType.EchoRequest)
        {
            // RFC 1122 section 3.2.2.6 lets a host ignore those to a group or broadcast address; else it would help to flood others.
            if (host.Options.AnswersEcho && arrival.Delivery == IpDelivery.Host)
            {
                Answer(arrival, arrival.Destination, bytes);
            }

            return IpAnswer.None;
        }

        if (!message.IsError)
        {
            return host.ProtocolOf(IpProtocol.Icmp)?.OnPacket(arrival, bytes, now) ?? IpAnswer.None;
        }

        // RFC 6633, RFC 9293 section 3.9.2.2, MUST-55: source quench is ignored. Redirects are not followed, which RFC 1812 asks of
        // routers; hosts here have routes of their own.
        if (message.Type is not (IcmpType.SourceQuench or IcmpType.Redirect))
        {
            var problem = IcmpProblems.Of(message.Type, message.Code);
            OnError(
                arrival, problem, (byte)message.Type, message.Code, problem == IcmpProblem.PacketTooBig ? message.NextHopMtu : 0,
                message.Quoted, now);
        }

        return IpAnswer.None;
    }

    internal IpAnswer OnIcmpv6(IpInterface at, in IpArrival arrival, ReadOnlySpan<byte> bytes, Instant now)
    {
        if (!Icmpv6Message.TryRead(bytes, out var message) || !message.HasValidChecksum(arrival.Source, arrival.Destination))
        {
            host.Counters.Drop(bytes.Length < Icmpv6Message.HeaderLength ? IpDrop.Malformed : IpDrop.BadChecksum);
            return IpAnswer.None;
        }

        switch (message.Type)
        {
            case Icmpv6Type.EchoRequest:
                if (host.Options.AnswersEcho && !arrival.Source.IsUnspecified)
                {
                    // RFC 4443 section 4.2: to a group too, then from an address of the interface.
                    Answer(arrival, arrival.Delivery == IpDelivery.Host ? arrival.Destination : InternetAddress.AnyIPv6, bytes);
                }

                return IpAnswer.None;
            case Icmpv6Type.NeighbourSolicitation or Icmpv6Type.NeighbourAdvertisement:
                if (!at.IsLoopback)
                {
                    host.Discovery.OnMessage(at, message, arrival.Source, arrival.Destination, arrival.HopLimit, now);
                }

                return IpAnswer.None;
            case Icmpv6Type.MulticastListenerQuery:
                host.GroupQueries.OnMld(at, bytes, arrival.Source, arrival.HopLimit, now);
                return IpAnswer.None;
            case var _ when message.IsError:
                var problem = IcmpProblems.Of(message.Type, message.Code);
                var mtu = problem == IcmpProblem.PacketTooBig ? (int)Math.Min(message.NextHopMtu, ushort.MaxValue) : 0;
                OnError(arrival, problem, (byte)message.Type, message.Code, mtu, message.Quoted, now);
                return IpAnswer.None;
            default:
                return host.ProtocolOf(IpProtocol.Icmpv6)?.OnPacket(arrival, bytes, now) ?? IpAnswer.None;
        }
    }

    /// <summary>Sends a request back as its own answer: only type and checksum differ (RFC 792, RFC 4443 section 4.2).</summary>
    private void Answer(in IpArrival arrival, InternetAddress source, ReadOnlySpan<byte> request)
    {
        var isIPv4 = arrival.Source.IsIPv4;
        var zone = arrival.Source.IsLinkLocal ? arrival.Interface : 0;
        if (!host.TryBorrowPath(source, arrival.Source, zone, out var path))
        {
            host.Counters.Drop(IpDrop.NoRoute);
            return;
        }

        var room = host.Reserve(path, request.Length);
        if (room.IsEmpty)
        {
            host.Counters.Drop(IpDrop.LinkBusy);
            return;
        }

        var rest = (uint)((request[4] << 24) | (request[5] << 16) | (request[6] << 8) | request[7]);
        var length = isIPv4
            ? IcmpWriter.Write(
                room, IcmpType.EchoReply, host.Options.KeepsEchoCode ? request[1] : (byte)0, rest, request[IcmpMessage.HeaderLength..])
            : Icmpv6Writer.Write(room, path.Source, arrival.Source, Icmpv6Type.EchoReply, 0, rest, request[Icmpv6Message.HeaderLength..]);
        var protocol = isIPv4 ? IpProtocol.Icmp : IpProtocol.Icmpv6;

        // RFC 1122 section 3.2.2.6: the type of service is the request's.
        host.Send(new IpDeparture(
            protocol, length, TrafficClass: arrival.TrafficClass,
            MayFragment: !(host.Options.KeepsEchoDontFragment && arrival.DontFragment)));
    }

    private void OnError(in IpArrival arrival, IcmpProblem problem, byte type, byte code, int mtu, ReadOnlySpan<byte> quoted, Instant now)
    {
        // What it quotes must have come from this host, and be long enough that its protocol can tell whether it sent it.
        var at = host.InterfaceOf(arrival.Interface);
        if (!QuotedPacket.TryRead(quoted, out var quote) || quote.IsIPv4 != arrival.Source.IsIPv4 || quote.Payload.Length < LeastQuote
            || host.OwnerOf(quote.Source, at) is null)
        {
            host.Counters.Drop(IpDrop.InvalidQuote);
            return;
        }

        var report = new IcmpArrival(
            problem, type, code, mtu, arrival.Source, quote.Source, quote.Destination, arrival.Interface, quote.TotalLength);
        if (host.ProtocolOf(quote.Protocol) is { } protocol)
        {
            protocol.OnIcmpError(report, quote.Payload, now);
        }
        else
        {
            host.Counters.Drop(IpDrop.InvalidQuote);
        }
    }
}
