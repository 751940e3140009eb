using System.Globalization;
using Portolan.Lab.Running.Wire;
using Portolan.Packets;

namespace Portolan.Lab.Scenarios;

/// <summary>A packet in a few words, for the arrow of a ladder.</summary>
internal static class PacketLabel
{
    /// <summary>It with the bytes that it carries, such as <c>PSH-ACK 50000 > 80, 31 bytes</c>.</summary>
    internal static string Of(ReadOnlySpan<byte> packet) => Heading(packet) + (LengthOf(packet) switch
    {
        0 => "",
        1 => ", 1 byte",
        var bytes => $", {bytes} bytes",
    });

    /// <summary>
    /// What stands beside an arrow: the numbers of a segment in Wireshark's words, and how many bytes it or a datagram carries; what a
    /// message of DNS or DHCP says; empty where there is nothing to say.
    /// </summary>
    internal static string Details(ReadOnlySpan<byte> packet, SegmentNumbers? numbers)
    {
        var words = new List<string>();
        if (numbers is { } n)
        {
            words.Add(string.Create(CultureInfo.InvariantCulture, $"seq {n.Sequence}"));
            words.AddRange(
                n.Acknowledgment is { } acknowledged ? [string.Create(CultureInfo.InvariantCulture, $"ack {acknowledged}")] : []);
            words.Add(string.Create(CultureInfo.InvariantCulture, $"win {n.Window}"));
        }

        words.AddRange(
            DatagramWords.Of(packet) is { } said ? [said] : LengthOf(packet) is > 0 and var length ? [$"len {length}"] : []);
        return string.Join(", ", words);
    }

    /// <summary>It without what it carries, such as <c>PSH-ACK 50000 > 80</c>.</summary>
    internal static string Heading(ReadOnlySpan<byte> packet)
    {
        if (!PacketHeads.TryRead(packet, out var heads))
        {
            return "malformed";
        }

        if (heads.IsLaterFragment)
        {
            return "fragment";
        }

        return heads.Protocol switch
        {
            IpProtocol.Tcp when TcpSegment.TryRead(heads.Payload, out var segment) =>
                $"{Flags(segment.Flags)} {heads.SourcePort} > {heads.DestinationPort}",
            IpProtocol.Udp when UdpDatagram.TryRead(heads.Payload, out _) => $"UDP {heads.SourcePort} > {heads.DestinationPort}",
            IpProtocol.Icmp when IcmpMessage.TryRead(heads.Payload, out var message) => Name(message.Type, message.Code),
            IpProtocol.Icmpv6 when Icmpv6Message.TryRead(heads.Payload, out var message) => Name(message.Type, message.Code),
            _ => $"{heads.Protocol}",
        };
    }

    private static string Name(IcmpType type, byte code) => type switch
    {
        IcmpType.EchoRequest => "ICMP echo request",
        IcmpType.EchoReply => "ICMP echo reply",
        IcmpType.TimeExceeded => "ICMP time exceeded",
        IcmpType.DestinationUnreachable => (IcmpUnreachableCode)code switch
        {
            IcmpUnreachableCode.Network => "ICMP network unreachable",
            IcmpUnreachableCode.Host => "ICMP host unreachable",
            IcmpUnreachableCode.Protocol => "ICMP protocol unreachable",
            IcmpUnreachableCode.Port => "ICMP port unreachable",
            IcmpUnreachableCode.FragmentationNeeded => "ICMP too big",
            _ => "ICMP prohibited",
        },
        _ => $"ICMP {(int)type}/{code}",
    };

    private static string Name(Icmpv6Type type, byte code) => type switch
    {
        Icmpv6Type.EchoRequest => "ICMPv6 echo request",
        Icmpv6Type.EchoReply => "ICMPv6 echo reply",
        Icmpv6Type.TimeExceeded => "ICMPv6 time exceeded",
        Icmpv6Type.PacketTooBig => "ICMPv6 too big",
        Icmpv6Type.DestinationUnreachable => (Icmpv6UnreachableCode)code switch
        {
            Icmpv6UnreachableCode.Port => "ICMPv6 port unreachable",
            Icmpv6UnreachableCode.NoRoute => "ICMPv6 no route",
            Icmpv6UnreachableCode.Address => "ICMPv6 address unreachable",
            _ => "ICMPv6 prohibited",
        },
        _ => $"ICMPv6 {(int)type}/{code}",
    };

    private static int LengthOf(ReadOnlySpan<byte> packet) =>
        !PacketHeads.TryRead(packet, out var heads) || heads.IsLaterFragment ? 0
        : heads.Protocol == IpProtocol.Tcp && TcpSegment.TryRead(heads.Payload, out var segment) ? segment.Payload.Length
        : heads.Protocol == IpProtocol.Udp && UdpDatagram.TryRead(heads.Payload, out var datagram) ? datagram.Payload.Length
        : 0;

    private static string Flags(TcpFlags flags)
    {
        var words = new List<string>();
        foreach (var (flag, word) in ((TcpFlags, string)[])[
            (TcpFlags.Syn, "SYN"), (TcpFlags.Fin, "FIN"), (TcpFlags.Rst, "RST"), (TcpFlags.Psh, "PSH"), (TcpFlags.Ack, "ACK")])
        {
            if ((flags & flag) != 0)
            {
                words.Add(word);
            }
        }

        return words.Count == 0 ? "no flags" : string.Join('-', words);
    }
}
