using System.Buffers.Binary;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Topology.Reading;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Tests.Lab.Running;

/// <summary>
/// Hosts and routers under packets that nobody would send: any bytes, spoofed sources, fragments that do not fit, errors about anything.
/// </summary>
public sealed class EngineFuzzTests
{
    private const string Zoo =
        """
        name: zoo
        networks:
          left: { prefix: [198.18.0.0/24, 2001:db8:1::/64], latency: 1ms, mtu: 1400 }
          right: { prefix: [198.18.1.0/24, 2001:db8:2::/64], latency: 1ms, loss: 5%, jitter: 1ms }
        routers:
          gate:
            networks: { left: [198.18.0.1, 2001:db8:1::1], right: [198.18.1.1, 2001:db8:2::1] }
            firewall: { default: allow, rules: [ reject with tcp-reset tcp port 5, reject with net-tos tcp port 6, drop from 198.18.0.64/28, reject with admin-prohibited udp port 5 ] }
            forward: [ tcp 8 to 198.18.1.10:4, tcp 9 to 198.18.1.10:4, udp 8 to 198.18.1.10:53, "udp 8 to [2001:db8:2::10]:53", tcp 10 to 198.18.1.99:1, tcp 11 to 198.18.0.20:4 ]
        hosts:
          near: { address: [198.18.0.20, 2001:db8:1::20], ports: { 4: http, 5: filtered, 6: reject, 7: { rate-limit: 2 }, 8: tarpit, 9: syn-proxy, 53/udp: dns, 5/udp: reject with policy-fail } }
          far: { address: [198.18.1.10, 2001:db8:2::10], icmp-rate: 5, ports: { 4: discard, 5: { flapping: http }, 6: { knock: [1, 2], service: http }, 53/udp: dns, 4/udp: discard, 6/udp: filtered } }
          crowd: { network: right, addresses: [198.18.1.64/26], default: open }
        vantage: { network: left, address: [198.18.0.250, 2001:db8:1::fa] }
        """;

    private static readonly string[] Addresses4 =
    [
        "198.18.0.20", "198.18.0.1", "198.18.1.1", "198.18.1.10", "198.18.1.70", "198.18.1.99", "198.18.0.250", "198.18.0.66",
        "198.18.0.255", "198.18.1.255", "198.18.0.0", "255.255.255.255", "224.0.0.1",
        "239.1.2.3", "0.0.0.0", "127.0.0.1", "192.0.2.1", "169.254.1.1", "240.0.0.1",
    ];

    private static readonly string[] Addresses6 =
    [
        "2001:db8:1::20", "2001:db8:1::1", "2001:db8:2::1", "2001:db8:2::10", "2001:db8:2::99", "2001:db8:1::fa", "2001:db8:1::", "ff02::1",
        "ff05::2", "::", "::1", "2001:db8:ffff::1", "fe80::1", "::ffff:198.18.0.20",
    ];

    /// <summary>More with PORTOLAN_LONG.</summary>
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, Environment.GetEnvironmentVariable("PORTOLAN_LONG") is null ? 3 : 200)];

    [Theory, MemberData(nameof(Seeds))]
    public async Task Whatever_comes_nothing_throws_nothing_goes_on_for_ever_and_nobody_answers_to_many(int seed)
    {
        const int Rounds = 15_000;
        const int MostCrossingsEach = 60;
        var random = new Random(seed);
        var wrong = new List<string>();
        var crossings = 0L;
        await using var lab = new VirtualNetwork(
            TopologyReader.Read(Zoo, "zoo").OrThrow("the topology"),
            new VirtualNetworkOptions
            {
                IsVirtualTime = true,
                Observer = (in e, bytes) =>
                {
                    crossings++;
                    if (e.From is not ("vantage" or "gate") && PacketHeads.TryRead(bytes, out var heads)
                        && IsOfMany(heads.Destination, e.From == "near" ? 0xC612_00FF : 0xC612_01FF))
                    {
                        wrong.Add($"{e.From} sends to {heads.Destination}");
                    }
                    else if (e is { From: "gate", Segment: "right" } && PacketHeads.TryRead(bytes, out heads)
                        && (IsOfMany(heads.Destination, 0xC612_01FF) || heads.Destination.IsLoopback))
                    {
                        wrong.Add($"the router passes {heads.Source} > {heads.Destination}");
                    }
                },
            });
        using var vantage = new RawVantage(lab, SmallLab.Address("198.18.0.20"));
        var recent = new List<byte[]>();
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var packet in Make(random, recent))
            {
                vantage.Send(packet.Length > 1400 ? packet[..1400] : packet);
            }

            if (round % 100 == 99)
            {
                recent.AddRange(vantage.Receive(TimeSpan.FromMilliseconds(5)).Take(20));
                recent.RemoveRange(0, Math.Max(0, recent.Count - 200));
            }
        }

        // All that waits for its time: retransmissions, fragments, flows.
        lab.Run(TimeSpan.FromMinutes(10));
        Assert.True(wrong.Count == 0, $"seed {seed}: {string.Join('\n', wrong.Distinct().Take(20))}");
        Assert.InRange(crossings, Rounds, Rounds * (long)MostCrossingsEach);

        // And it works on.
        vantage.Receive(TimeSpan.FromSeconds(1));
        vantage.Send(RawVantage.Tcp(SmallLab.Address("198.18.0.250"), SmallLab.Address("198.18.0.20"), 61_000, 4, TcpFlags.Syn));
        Assert.Contains(
            vantage.Receive(TimeSpan.FromMilliseconds(100)),
            static p => PacketHeads.TryRead(p, out var heads) && heads.Flags == (TcpFlags.Syn | TcpFlags.Ack));
    }

    private static bool IsOfMany(InternetAddress address, uint broadcast) =>
        address.IsMulticast || address.IsUnspecified
            || (address.IsIPv4 && (address.IPv4Bits >> 28 == 0xf || address.IPv4Bits == broadcast));

    private static List<byte[]> Make(Random random, List<byte[]> recent)
    {
        var isIPv4 = random.Next(3) > 0;
        var (from, to) = (Pick(random, isIPv4), Pick(random, isIPv4));
        from = random.Next(2) == 0 ? SmallLab.Address(isIPv4 ? "198.18.0.250" : "2001:db8:1::fa") : from;
        var (sourcePort, port) = ((ushort)(random.Next(5) == 0 ? random.Next(12) : 40_000 + random.Next(30)),
            (ushort)(random.Next(4) == 0 ? 53 : random.Next(12)));
        var data = new byte[random.Next(3) == 0 ? random.Next(60) : random.Next(20) == 0 ? random.Next(1000) : 0];
        random.NextBytes(data);
        var packet = random.Next(4) switch
        {
            0 => RawVantage.Udp(from, to, sourcePort, port, data),
            1 => Icmp(random, from, to, recent, data),
            _ => RawVantage.Tcp(
                from, to, sourcePort, port, (TcpFlags)(random.Next(3) == 0 ? random.Next(256) : 2), (uint)random.Next(3000), data),
        };
        var pieces = random.Next(4) == 0 && packet.Length > 120 ? RawVantage.Cut(packet, 96 + random.Next(200)) : [packet];
        foreach (var piece in pieces)
        {
            for (var count = random.Next(3) == 0 ? random.Next(1, 4) : 0; count > 0; count--)
            {
                piece[random.Next(2) == 0 ? random.Next(Math.Min(60, piece.Length)) : random.Next(piece.Length)] = (byte)random.Next(256);
            }

            if (isIPv4 && random.Next(10) > 0)
            {
                // Else nothing of it would be looked at.
                piece[0] = random.Next(50) == 0 ? piece[0] : (byte)0x45;
                BinaryPrimitives.WriteUInt16BigEndian(piece.AsSpan(10), 0);
                BinaryPrimitives.WriteUInt16BigEndian(piece.AsSpan(10), InternetChecksum.Of(piece.AsSpan(0, 20)));
            }
        }

        return [.. pieces.Select(p => random.Next(40) == 0 ? p[..random.Next(1, p.Length)] : p).OrderBy(
            _ => random.Next(5) == 0 ? random.Next(10) : 0)];
    }

    private static byte[] Icmp(Random random, InternetAddress from, InternetAddress to, List<byte[]> recent, byte[] data)
    {
        var header = from.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length;
        var quoted = random.Next(3) == 0 || recent.Count == 0 ? data : recent[random.Next(recent.Count)];
        quoted = quoted[..Math.Min(quoted.Length, 500)];
        var packet = new byte[header + IcmpMessage.HeaderLength + quoted.Length];
        var type = (byte)(random.Next(3) == 0
            ? random.Next(256)
            : random.Next(2) == 0 ? (from.IsIPv4 ? 8 : 128) : from.IsIPv4 ? 3 : 1 + random.Next(4));
        if (from.IsIPv4)
        {
            Ipv4Writer.Write(packet, from, to, IpProtocol.Icmp, packet.Length - header, (byte)random.Next(1, 65));
            IcmpWriter.Write(packet.AsSpan(header), (IcmpType)type, (byte)random.Next(16), (uint)random.Next(), quoted);
        }
        else
        {
            Ipv6Writer.Write(packet, from, to, IpProtocol.Icmpv6, packet.Length - header, (byte)random.Next(1, 65));
            Icmpv6Writer.Write(packet.AsSpan(header), from, to, (Icmpv6Type)type, (byte)random.Next(8), (uint)random.Next(), quoted);
        }

        return packet;
    }

    private static InternetAddress Pick(Random random, bool isIPv4) =>
        SmallLab.Address((isIPv4 ? Addresses4 : Addresses6)[random.Next((isIPv4 ? Addresses4 : Addresses6).Length)]);
}
