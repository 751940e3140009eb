using System.Globalization;
using System.Text;

namespace Portolan.Packets;

/// <summary>What ICMP and ICMPv6 messages say, for <see cref="PacketText"/>.</summary>
internal static class IcmpText
{
    internal static void Append(StringBuilder text, in IcmpMessage message)
    {
        text.Append(CultureInfo.InvariantCulture, $"{Name(message.Type, message.Code)} (type={(int)message.Type}/code={message.Code})");
        if (message.IsError)
        {
            AppendQuoted(text, message.Quoted);
        }
        else if (message.Type is IcmpType.EchoRequest or IcmpType.EchoReply or IcmpType.TimestampRequest or IcmpType.TimestampReply)
        {
            text.Append(CultureInfo.InvariantCulture, $" id={message.Identifier} seq={message.SequenceNumber}");
        }

        if (message.TryReadTimestamps(out var originate, out var receive, out var transmit))
        {
            text.Append(CultureInfo.InvariantCulture, $" orig={originate} recv={receive} trans={transmit}");
        }
    }

    internal static void Append(StringBuilder text, in Icmpv6Message message)
    {
        text.Append(CultureInfo.InvariantCulture, $"{Name(message.Type, message.Code)} (type={(int)message.Type}/code={message.Code})");
        if (message.IsError)
        {
            AppendQuoted(text, message.Quoted);
        }
        else if (message.Type is Icmpv6Type.EchoRequest or Icmpv6Type.EchoReply)
        {
            text.Append(CultureInfo.InvariantCulture, $" id={message.Identifier} seq={message.SequenceNumber}");
        }
        else if (message.IsNeighbourMessage)
        {
            var isQuestion = message.Type == Icmpv6Type.NeighbourSolicitation;
            text.Append(CultureInfo.InvariantCulture, $" {(isQuestion ? "who-has" : "target")} {message.NeighbourTarget}");
            if (message.NeighbourOptions.TryFindLinkLayerAddress(
                isQuestion ? NeighbourOptionType.SourceLinkLayerAddress : NeighbourOptionType.TargetLinkLayerAddress, out var address))
            {
                text.Append(CultureInfo.InvariantCulture, $" {(isQuestion ? "tell" : "is-at")} {address}");
            }
        }
    }

    private static void AppendQuoted(StringBuilder text, ReadOnlySpan<byte> quote)
    {
        if (!QuotedPacket.TryRead(quote, out var quoted))
        {
            return;
        }

        var ends = new PacketText.Ends(quoted.Source, quoted.Destination);
        if (quoted.HasPorts)
        {
            var protocol = quoted.Protocol switch { IpProtocol.Tcp => "TCP", IpProtocol.Udp => "UDP", _ => "SCTP" };
            text.Append(CultureInfo.InvariantCulture, $" about {protocol} {ends.WithPorts(quoted.SourcePort, quoted.DestinationPort)}");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $" about proto={(int)quoted.Protocol} {quoted.Source} > {quoted.Destination}");
        }
    }

    private static string Name(IcmpType type, byte code) => type switch
    {
        IcmpType.EchoReply => "Echo reply",
        IcmpType.EchoRequest => "Echo request",
        IcmpType.TimestampRequest => "Timestamp request",
        IcmpType.TimestampReply => "Timestamp reply",
        IcmpType.AddressMaskRequest => "Address mask request",
        IcmpType.AddressMaskReply => "Address mask reply",
        IcmpType.Redirect => "Redirect",
        IcmpType.SourceQuench => "Source quench",
        IcmpType.ParameterProblem => "Parameter problem",
        IcmpType.TimeExceeded => code == 0 ? "TTL=0 during transit" : "TTL=0 during reassembly",
        IcmpType.DestinationUnreachable => (IcmpUnreachableCode)code switch
        {
            IcmpUnreachableCode.Network => "Network unreachable",
            IcmpUnreachableCode.Host => "Host unreachable",
            IcmpUnreachableCode.Protocol => "Protocol unreachable",
            IcmpUnreachableCode.Port => "Port unreachable",
            IcmpUnreachableCode.FragmentationNeeded => "Fragmentation required",
            IcmpUnreachableCode.NetworkProhibited => "Network prohibited",
            IcmpUnreachableCode.HostProhibited => "Host prohibited",
            IcmpUnreachableCode.AdministrativelyProhibited => "Communication administratively prohibited",
            _ => "Destination unreachable",
        },
        _ => "Message",
    };

    private static string Name(Icmpv6Type type, byte code) => type switch
    {
        Icmpv6Type.EchoReply => "Echo reply",
        Icmpv6Type.EchoRequest => "Echo request",
        Icmpv6Type.PacketTooBig => "Packet too big",
        Icmpv6Type.ParameterProblem => "Parameter problem",
        Icmpv6Type.TimeExceeded => code == 0 ? "Hop limit exceeded in transit" : "Reassembly time exceeded",
        Icmpv6Type.RouterSolicitation => "Router solicitation",
        Icmpv6Type.RouterAdvertisement => "Router advertisement",
        Icmpv6Type.NeighbourSolicitation => "Neighbour solicitation",
        Icmpv6Type.NeighbourAdvertisement => "Neighbour advertisement",
        Icmpv6Type.Redirect => "Redirect",
        Icmpv6Type.MulticastListenerQuery => "Multicast listener query",
        Icmpv6Type.MulticastListenerReport => "Multicast listener report",
        Icmpv6Type.MulticastListenerDone => "Multicast listener done",
        Icmpv6Type.MulticastListenerReportV2 => "Multicast listener report v2",
        Icmpv6Type.DestinationUnreachable => (Icmpv6UnreachableCode)code switch
        {
            Icmpv6UnreachableCode.NoRoute => "No route to destination",
            Icmpv6UnreachableCode.AdministrativelyProhibited => "Communication administratively prohibited",
            Icmpv6UnreachableCode.BeyondScope => "Beyond scope of source address",
            Icmpv6UnreachableCode.Address => "Address unreachable",
            Icmpv6UnreachableCode.Port => "Port unreachable",
            Icmpv6UnreachableCode.SourcePolicy => "Source address failed policy",
            Icmpv6UnreachableCode.RejectRoute => "Reject route to destination",
            _ => "Destination unreachable",
        },
        _ => "Message",
    };
}
