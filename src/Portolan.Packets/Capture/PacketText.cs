using System.Globalization;
using System.Text;
using Portolan.Model;
using Portolan.Packets.Links;

namespace Portolan.Packets;

/// <summary>
/// One line for each frame, in the form that nmap's users know:
/// <c>SENT (0.0101s) TCP 198.18.0.1:40000 > 198.18.0.2:80 S ttl=64 id=1 iplen=44 seq=1 win=1024 &lt;mss 1460&gt;</c>.
/// All of it is ASCII whatever the frame holds. Not for paths where each packet counts: it allocates.
/// </summary>
public static class PacketText
{
    /// <summary>A whole line: the direction, the seconds since the start, the packet.</summary>
    /// <param name="direction"><c>SENT</c> or <c>RCVD</c>.</param>
    /// <param name="sinceStart">When.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="layer">What it starts with.</param>
    public static string Line(FrameDirection direction, TimeSpan sinceStart, ReadOnlySpan<byte> frame, LinkLayer layer) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(direction == FrameDirection.Outbound ? "SENT" : "RCVD")} ({sinceStart.TotalSeconds:F4}s) {Describe(frame, layer)}");

    /// <summary>The packet alone.</summary>
    public static string Describe(ReadOnlySpan<byte> frame, LinkLayer layer)
    {
        var text = new StringBuilder(160);
        if (layer == LinkLayer.Ip)
        {
            AppendIp(text, frame);
        }
        else if (!EthernetFrame.TryRead(frame, out var ethernet))
        {
            AppendMalformed(text, "frame", frame.Length);
        }
        else
        {
            AppendEthernet(text, ethernet);
        }

        return text.ToString();
    }

    private static void AppendEthernet(StringBuilder text, in EthernetFrame frame)
    {
        if (frame.VlanId is { } vlan)
        {
            text.Append(CultureInfo.InvariantCulture, $"vlan {vlan} ");
        }

        switch (frame.Type)
        {
            case EtherType.Ipv4 or EtherType.Ipv6:
                AppendIp(text, frame.Payload);
                break;
            case EtherType.Arp when ArpPacket.TryRead(frame.Payload, out var arp):
                AppendArp(text, arp);
                break;
            default:
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"Ethernet {frame.Source} > {frame.Destination} type=0x{(int)frame.Type:x4} length={frame.Payload.Length}");
                break;
        }
    }

    private static void AppendArp(StringBuilder text, in ArpPacket arp)
    {
        switch (arp.Operation)
        {
            case ArpOperation.Request:
                text.Append(CultureInfo.InvariantCulture, $"ARP who-has {arp.TargetAddress} tell {arp.SenderAddress}");
                break;
            case ArpOperation.Reply:
                text.Append(CultureInfo.InvariantCulture, $"ARP reply {arp.SenderAddress} is-at {arp.SenderHardwareAddress}");
                break;
            default:
                text.Append(CultureInfo.InvariantCulture, $"ARP operation {(int)arp.Operation} {arp.SenderAddress} > {arp.TargetAddress}");
                break;
        }
    }

    private static void AppendIp(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        if (Ipv4Packet.TryRead(bytes, out var v4))
        {
            var fragment = v4.IsLaterFragment || v4.MoreFragments
                ? Invariant($" frag={v4.FragmentOffset}{(v4.MoreFragments ? "+" : "")}")
                : "";
            AppendUpper(
                text,
                new Ends(v4.Source, v4.Destination),
                v4.Protocol,
                v4.Payload,
                v4.IsLaterFragment,
                Invariant($"ttl={v4.TimeToLive} id={v4.Identification} iplen={v4.TotalLength}{fragment}"));
        }
        else if (Ipv6Packet.TryRead(bytes, out var v6))
        {
            var fragment = v6.HasFragmentHeader ? Invariant($" frag={v6.FragmentOffset}{(v6.MoreFragments ? "+" : "")}") : "";
            AppendUpper(
                text,
                new Ends(v6.Source, v6.Destination),
                v6.Protocol,
                v6.Payload,
                v6.IsLaterFragment,
                Invariant($"hopl={v6.HopLimit} flow={v6.FlowLabel:x} payloadlen={v6.TotalLength - Ipv6Packet.MinHeaderLength}{fragment}"));
        }
        else
        {
            AppendMalformed(text, "IP packet", bytes.Length);
        }
    }

    private static void AppendUpper(
        StringBuilder text, Ends ends, IpProtocol protocol, ReadOnlySpan<byte> payload, bool isLaterFragment, string ip)
    {
        if (!isLaterFragment)
        {
            switch (protocol)
            {
                case IpProtocol.Tcp when TcpSegment.TryRead(payload, out var tcp):
                    AppendTcp(text, ends, tcp, ip);
                    return;
                case IpProtocol.Udp when UdpDatagram.TryRead(payload, out var udp):
                    text.Append(CultureInfo.InvariantCulture, $"UDP {ends.WithPorts(udp.SourcePort, udp.DestinationPort)} {ip}");
                    return;
                case IpProtocol.Icmp when ends.Source.IsIPv4 && IcmpMessage.TryRead(payload, out var icmp):
                    text.Append(CultureInfo.InvariantCulture, $"ICMP [{ends.Source} > {ends.Destination} ");
                    IcmpText.Append(text, icmp);
                    text.Append(CultureInfo.InvariantCulture, $"] IP [{ip}]");
                    return;
                case IpProtocol.Icmpv6 when !ends.Source.IsIPv4 && Icmpv6Message.TryRead(payload, out var icmpv6):
                    text.Append(CultureInfo.InvariantCulture, $"ICMPv6 [{ends.Source} > {ends.Destination} ");
                    IcmpText.Append(text, icmpv6);
                    text.Append(CultureInfo.InvariantCulture, $"] IPv6 [{ip}]");
                    return;
            }
        }

        text.Append(CultureInfo.InvariantCulture, $"IP {ends.Source} > {ends.Destination} proto={(int)protocol} {ip}");
    }

    private static void AppendTcp(StringBuilder text, Ends ends, in TcpSegment tcp, string ip)
    {
        text.Append(CultureInfo.InvariantCulture, $"TCP {ends.WithPorts(tcp.SourcePort, tcp.DestinationPort)} ");
        AppendFlags(text, tcp.Flags);
        text.Append(CultureInfo.InvariantCulture, $"{ip} seq={tcp.Sequence}");
        if ((tcp.Flags & TcpFlags.Ack) != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" ack={tcp.Acknowledgment}");
        }

        text.Append(CultureInfo.InvariantCulture, $" win={tcp.Window}");
        AppendOptions(text, tcp.Options);
    }

    private static void AppendFlags(StringBuilder text, TcpFlags flags)
    {
        ReadOnlySpan<TcpFlags> order = [
            TcpFlags.Syn, TcpFlags.Fin, TcpFlags.Rst, TcpFlags.Psh, TcpFlags.Ack, TcpFlags.Urg, TcpFlags.Ece, TcpFlags.Cwr];
        const string letters = "SFRPAUEC";
        for (var i = 0; i < order.Length; i++)
        {
            if ((flags & order[i]) != 0)
            {
                text.Append(letters[i]);
            }
        }

        text.Append(flags == TcpFlags.None ? "" : " ");
    }

    private static void AppendOptions(StringBuilder text, in TcpOptions options)
    {
        var separator = " <";
        foreach (var option in options)
        {
            text.Append(separator);
            separator = ",";
            switch (option.Kind)
            {
                case TcpOptionKind.MaximumSegmentSize when option.Data.Length == 2:
                    text.Append(CultureInfo.InvariantCulture, $"mss {(option.Data[0] << 8) | option.Data[1]}");
                    break;
                case TcpOptionKind.WindowScale when option.Data.Length == 1:
                    text.Append(CultureInfo.InvariantCulture, $"wscale {option.Data[0]}");
                    break;
                case TcpOptionKind.SackPermitted when option.Data.IsEmpty:
                    text.Append("sackOK");
                    break;
                case TcpOptionKind.Timestamps when options.TryReadTimestamps(out var value, out var echo):
                    text.Append(CultureInfo.InvariantCulture, $"timestamp {value} {echo}");
                    break;
                default:
                    text.Append(CultureInfo.InvariantCulture, $"option {(int)option.Kind}");
                    break;
            }
        }

        text.Append(separator == "," ? ">" : "");
    }

    private static void AppendMalformed(StringBuilder text, string what, int length) =>
        text.Append(CultureInfo.InvariantCulture, $"malformed {what} of {length} bytes");

    private static string Invariant(FormattableString value) => FormattableString.Invariant(value);

    /// <summary>Both ends of a packet.</summary>
    internal readonly record struct Ends(InternetAddress Source, InternetAddress Destination)
    {
        /// <summary><c>198.18.0.1:1 > 198.18.0.2:2</c> or <c>[2001:db8::1]:1 > [2001:db8::2]:2</c>.</summary>
        internal string WithPorts(PortNumber source, PortNumber destination) => Source.IsIPv4
            ? $"{Source}:{source} > {Destination}:{destination}"
            : $"[{Source}]:{source} > [{Destination}]:{destination}";
    }
}
