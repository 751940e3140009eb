using System.Buffers.Binary;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Time;
using Portolan.Lab.Running.Wire;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Lab.Topology;
using Portolan.Transport;

namespace Portolan.Tests.Lab.Running;

/// <summary>What is damaged stays so: a router repairs no checksum, and what a segment cannot carry is counted.</summary>
public sealed class DamagedErrorTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(0x0000, 1)]
    [InlineData(0x0055, 0)]
    public async Task An_ICMP_error_with_a_wrong_checksum_is_not_translated_and_a_right_one_is(int damage, int arrived)
    {
        var errors = 0;
        await using var lab = new VirtualNetwork(
            Topologies.Read(
                """
                networks: { street: 198.18.1.0/24, shop: 198.18.2.0/24 }
                routers: { gate: { networks: { street: 198.18.1.2, shop: 198.18.2.1 }, forward: [ tcp 8080 to 198.18.2.10:80 ] } }
                hosts: { web: { address: 198.18.2.10, ports: { 80: http } } }
                vantage: { network: street, address: 198.18.1.250 }
                """),
            new VirtualNetworkOptions
            {
                IsVirtualTime = true,
                Observer = (in e, bytes) => errors += e is { Segment: "shop", To: "web" } && bytes[9] == (byte)IpProtocol.Icmp ? 1 : 0,
            });
        var gate = SmallLab.Address("198.18.1.2");
        using var vantage = new RawVantage(lab, gate);
        vantage.Send(RawVantage.Tcp(vantage.Address, gate, 5000, 8080, TcpFlags.Syn));
        var answer = vantage.Receive(Quiet)[0];
        vantage.Send(Unreachable(vantage.Address, gate, answer.AsSpan(0, 40), (ushort)damage));
        vantage.Receive(Quiet);
        Assert.Equal(arrived, errors);
    }

    [Fact]
    public void A_fragment_that_is_refused_where_packets_leave_is_counted_as_lost_and_logged()
    {
        using var loop = new LabLoop(isVirtual: true);
        var (frames, reasons) = (new FramePool(), new List<string?>());
        var log = new PacketLog(loop.Clock) { Observer = (in e, _) => reasons.Add($"{e.Fate}: {e.Why}") };
        var segment = new Segment("street", SmallLab.Prefix("198.18.1.0/24"), null, frames, log);
        var member = new SegmentMember(segment, "gate", loop)
        {
            Owner = new Nothing(),
            Gate = new ChangingGate(),
            Fragments = new FragmentMemory(loop, frames, 1),
        };
        segment.Add(member);
        var pieces =
            RawVantage.Cut(RawVantage.Udp(SmallLab.Address("198.18.1.2"), SmallLab.Address("198.18.1.9"), 1, 2, new byte[2000]), 1000);
        pieces[1][10] ^= 0x55;
        foreach (var piece in pieces.Take(2))
        {
            var frame = frames.Rent(piece.Length);
            piece.CopyTo(frame.Buffer);
            frame.Length = piece.Length;
            segment.Carry(member, frame);
        }

        Assert.Equal(["Lost: a fragment that is malformed"], reasons);
        Assert.Equal((1, 1), (segment.Packets, segment.Lost));
    }

    /// <summary>Port unreachable (RFC 792), about a packet.</summary>
    private static byte[] Unreachable(InternetAddress from, InternetAddress to, ReadOnlySpan<byte> about, ushort damage)
    {
        var packet = new byte[Ipv4Writer.Length + 8 + about.Length];
        Ipv4Writer.Write(packet, from, to, IpProtocol.Icmp, 8 + about.Length, 64, dontFragment: false, identification: 9);
        var icmp = packet.AsSpan(Ipv4Writer.Length);
        (icmp[0], icmp[1]) = (3, 3);
        about.CopyTo(icmp[8..]);
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], (ushort)(InternetChecksum.Of(icmp) ^ damage));
        return packet;
    }

    private sealed class ChangingGate : IPacketGate
    {
        public bool JudgesWhole => true;

        public bool ChangesLeaving => true;

        public ReceiveAction Judge(Span<byte> packet, ref Reason why) => ReceiveAction.Take;
    }

    private sealed class Nothing : LabPart
    {
        internal override Instant NextDeadline => Instant.Never;

        internal override void Run(Instant now)
        {
        }
    }
}
