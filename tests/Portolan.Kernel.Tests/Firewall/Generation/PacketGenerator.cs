using Portolan.Kernel.Tests.Firewall.Referee;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Firewall.Generation;

/// <summary>Makes packets that show where a ruleset's borders are.</summary>
internal sealed class PacketGenerator(Dice dice, AddressPool addresses, PortPool ports)
{
    public List<RefereePacket> Make(int count) => [.. Enumerable.Range(0, count).Select(_ => One())];

    // From an address of the target to any other machine.
    private RefereePacket Outgoing(bool is4)
    {
        var protocol = dice.Of(IpProtocol.Tcp, IpProtocol.Tcp, IpProtocol.Udp, is4 ? IpProtocol.Icmp : IpProtocol.Icmpv6);
        return new RefereePacket
        {
            Source = addresses.Own(is4),
            Destination = dice.Percent(40)
                ? addresses.Behind(is4)
                : dice.Percent(60) && Border(is4) is { } border && IsOrdinary(border)
                    && !RefereeLab.TargetAddresses.Contains(border.ToString())
                    ? border
                    : addresses.Outsider(is4) is var other && IsOrdinary(other) ? other : addresses.Behind(is4),
            Protocol = protocol,
            DestinationPort = protocol is IpProtocol.Tcp or IpProtocol.Udp ? (ushort)ports.Port() : (ushort)0,
            IcmpType = protocol == IpProtocol.Icmp ? (byte)8 : protocol == IpProtocol.Icmpv6 ? (byte)128 : (byte)0,
            IsOutgoing = true,
        };
    }

    private RefereePacket One()
    {
        var is4 = dice.Percent(50);
        var packet = new RefereePacket
        {
            Source = Source(is4),
            Destination = dice.Next(20) switch
            {
                < 11 => addresses.Own(is4),
                < 17 => addresses.Behind(is4),
                < 19 => Border(is4) ?? addresses.Own(is4),
                _ => dice.Percent(35) ? Many(is4) : addresses.Outsider(is4),
            },
            Protocol = IpProtocol.Tcp,
            DestinationPort =
                (ushort)(dice.Percent(70) || ports.Borders.Count == 0 ? ports.Port() : ports.Borders[dice.Next(ports.Borders.Count)]),
            Cable = dice.Percent(65) ? 0 : 1,
        };
        return dice.Next(22) switch
        {
            >= 20 => Outgoing(is4),
            < 9 => packet,
            < 11 => packet with
            {
                Flags = dice.Of(
                TcpFlags.Ack, TcpFlags.Fin, TcpFlags.Rst, TcpFlags.Syn | TcpFlags.Ack, TcpFlags.None,
                TcpFlags.Fin | TcpFlags.Psh | TcpFlags.Urg, TcpFlags.Syn | TcpFlags.Ece | TcpFlags.Cwr)
            },
            < 14 => packet with { Protocol = IpProtocol.Udp },
            < 16 => packet with
            {
                Protocol = is4 ? IpProtocol.Icmp : IpProtocol.Icmpv6,
                DestinationPort = 0,
                IcmpType = is4 ? dice.Of<byte>(8, 8, 8, 0) : dice.Of<byte>(128, 128, 128, 129, 135),
            },
            _ => Established(is4),
        };
    }

    // Made before the rules: to an open port, from an address that answers come back to.
    private RefereePacket Established(bool is4)
    {
        var isTcp = dice.Percent(60);
        return new RefereePacket
        {
            Source = addresses.Outsider(is4) is var source && IsOrdinary(source) ? source : Parse(is4 ? "203.0.113.7" : "2001:db8:ffff::7"),
            Destination = dice.Percent(65) ? addresses.Own(is4) : addresses.Behind(is4),
            Protocol = isTcp ? IpProtocol.Tcp : IpProtocol.Udp,
            DestinationPort = (ushort)dice.Of<int>(isTcp ? RefereeLab.TcpPorts : RefereeLab.UdpPorts),
            Cable = dice.Percent(65) ? 0 : 1,
            IsEstablished = true,
        };
    }

    private InternetAddress Source(bool is4) =>
        dice.Percent(60) ? Border(is4) ?? addresses.Outsider(is4) : dice.Percent(97) ? addresses.Outsider(is4) : addresses.Own(is4);

    private InternetAddress? Border(bool is4)
    {
        var fitting = addresses.Borders.Where(b => b.IsIPv4 == is4).ToArray();
        return fitting.Length == 0 ? null : dice.Of<InternetAddress>(fitting);
    }

    // Neither of the host behind, nor of a kind that nobody answers.
    private static bool IsOrdinary(InternetAddress address) =>
        address.IsIPv4
            ? address.IPv4Bits >> 24 is not (0 or 127 or >= 224) && address.IPv4Bits >> 8 != 0xc61202
            : address.UpperBits >> 61 == 1 && (address.UpperBits >> 48 != 0x2001 || (address.UpperBits & 0xffff_ffff) >> 16 != 2);

    // Everybody on a link, in some way.
    private InternetAddress Many(bool is4) => Parse(is4 ? dice.Of("224.0.0.1", "198.18.0.15", "255.255.255.255") : "ff02::1");

    private static InternetAddress Parse(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);
}
