using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>Packets from and to where none may come from or go to, and headers without end.</summary>
internal static class AddressAttacks
{
    internal static IEnumerable<Attack> All() =>
    [
        new(
            "land: from the victim to itself", static w => w.Strike(Syn(HostileWorld.Victim4)),
            static w => w.Victim.Ip.Counters[IpDrop.Martian]),
        new("from broadcast and group addresses", static w => w.Strike(Syn(Forge.Ip((w.Strikes % 4) switch
        {
            0 => "255.255.255.255",
            1 => "198.19.255.255",
            2 => "224.0.0.1",
            _ => "127.0.0.1",
        }))), static w => w.Victim.Ip.Counters[IpDrop.Martian]),
        new(
            "to a broadcast address",
            static w => w.Strike(Forge.Segment(Forge.Stranger((int)w.Strikes), 9, Forge.Ip("198.19.255.255"), 80, TcpFlags.Syn, 1)),
            static w => w.Victim.Tcp.Counters.Dropped(TcpDrop.NotUnicast)),
        new(
            "from port 0",
            static w => w.Strike(Forge.Segment(Forge.Stranger((int)w.Strikes), 0, HostileWorld.Victim4, 80, TcpFlags.Syn, 1)),
            static w => w.Victim.Tcp.Counters.Dropped(TcpDrop.BadEnds)),
        new(
            "chains of extension headers", static w => w.Strike(Chain(w)),
            static w => w.Victim.Ip.Counters[IpDrop.Option] + w.Victim.Ip.Counters[IpDrop.Malformed]),
    ];

    private static byte[] Syn(InternetAddress from) => Forge.Segment(from, 80, HostileWorld.Victim4, 80, TcpFlags.Syn, 1);

    /// <summary>As many headers of options as fit, with options that are to be passed over, and in the end one that may not be.</summary>
    private static byte[] Chain(HostileWorld w)
    {
        var chain = new byte[1440];
        for (var at = 0; at < chain.Length; at += 8)
        {
            var isLast = at + 8 >= chain.Length;
            chain[at] = (byte)(isLast ? IpProtocol.Tcp : w.Strikes % 3 == 0 ? IpProtocol.Routing : IpProtocol.DestinationOptions);
            (chain[at + 2], chain[at + 3], chain[at + 4]) = (0x1e, 0, (byte)(isLast ? 0x9e : 0x1e));
            (chain[at + 6], chain[at + 7]) = (1, 0);
        }

        return Forge.Packet(Forge.Ip("2001:db8:3::1"), HostileWorld.Victim6, IpProtocol.DestinationOptions, chain);
    }
}
