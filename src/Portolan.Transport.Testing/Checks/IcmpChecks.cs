using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Testing.Checks;

/// <summary>
/// What must hold of ICMP: nothing is said of errors, groups and later fragments, and not too much in all (RFC 1122 section 3.2.2, RFC 4443
/// section 2.4).
/// </summary>
internal sealed class IcmpChecks
{
    private readonly Dictionary<SimHost, (Instant First, long Count)> _errors = [];

    internal string? Check(SimHost host, in Ipv4Packet packet, Instant now)
    {
        if (!IcmpMessage.TryRead(packet.Payload, out var message) || !message.HasValidChecksum)
        {
            return "it is not an ICMP message";
        }

        if (!message.IsError)
        {
            return null;
        }

        if (!QuotedPacket.TryRead(message.Quoted, out var quote) || !quote.IsIPv4)
        {
            return "an ICMP error without a quote";
        }

        if (quote.Protocol == IpProtocol.Icmp && quote.Payload.Length > 0
            && (IcmpType)quote.Payload[0] is not (IcmpType.EchoRequest or IcmpType.EchoReply))
        {
            return "an ICMP error about an ICMP error";
        }

        return IsForMany(quote.Destination) ? "an ICMP error about what went to many" : CheckRate(host, now);
    }

    internal string? Check(SimHost host, in Ipv6Packet packet, Instant now)
    {
        if (!Icmpv6Message.TryRead(packet.Payload, out var message) || !message.HasValidChecksum(packet.Source, packet.Destination))
        {
            return "it is not an ICMPv6 message";
        }

        if (!message.IsError)
        {
            return null;
        }

        if (!QuotedPacket.TryRead(message.Quoted, out var quote) || quote.IsIPv4)
        {
            return "an ICMPv6 error without a quote";
        }

        if (quote.Protocol == IpProtocol.Icmpv6 && quote.Payload.Length > 0 && quote.Payload[0] < (byte)Icmpv6Type.EchoRequest)
        {
            return "an ICMPv6 error about an ICMPv6 error";
        }

        var isException = message.Type == Icmpv6Type.PacketTooBig || (message.Type == Icmpv6Type.ParameterProblem && message.Code == 2);
        return IsForMany(quote.Destination) && !isException ? "an ICMPv6 error about what went to many" : CheckRate(host, now);
    }

    private static bool IsForMany(InternetAddress address) =>
        address.IsIPv4 ? address.IPv4Bits >> 28 >= 0xe : address.UpperBits >> 56 == 0xff;

    private string? CheckRate(SimHost host, Instant now)
    {
        var limits = host.Ip.Options.IcmpLimits;
        var (first, count) = _errors.GetValueOrDefault(host, (now, 0));
        _errors[host] = (first, count + 1);

        // A clock may be off by some parts in a thousand.
        var most = limits.Burst + 2 + ((now - first).TotalSeconds * limits.PerSecond * 1.01);
        return limits.PerSecond > 0 && count + 1 > most ? "more ICMP errors than its limit allows" : null;
    }
}
