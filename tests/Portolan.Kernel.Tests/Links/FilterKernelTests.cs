using System.Buffers.Binary;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Kernel.Tests.Links;

/// <summary>What the kernel lets through to a receiver, sent from the other end of a cable.</summary>
public sealed class FilterKernelTests
{
    private const ushort First = 40000;
    private const ushort Last = 40099;

    [Theory]
    [InlineData("198.18.0.1", "198.18.0.2", "198.18.0.3")]
    [InlineData("2001:db8::1", "2001:db8::2", "2001:db8::3")]
    public void Wanted_frames_come_and_the_others_do_not(string own, string peer, string stranger)
    {
        using var pair = LabPair.Create();
        var (ours, theirs, other) = (TestPackets.Address(own), TestPackets.Address(peer), TestPackets.Address(stranger));
        byte[][] packets =
        [
            // The sequence number says what is expected: even ones are wanted.
            TestPackets.Syn(theirs, ours, 80, First, 0),
            TestPackets.Syn(theirs, ours, 80, First - 1, 1),
            TestPackets.Syn(other, ours, 80, Last, 2),
            TestPackets.Syn(theirs, ours, 80, Last + 1, 3),
            TestPackets.Syn(theirs, other, 80, First, 5),
            LaterFragment(TestPackets.Syn(theirs, ours, 80, First, 7)),
            TestPackets.Syn(theirs, ours, 443, First + 50, 8),
        ];
        var received = Exchange(pair, ours, theirs, packets.Select(packet => (packet, (ushort?)null)));
        Assert.Equal([0u, 2, 8], received);
    }

    [Fact]
    public void Frames_of_another_VLAN_are_left_out_and_priority_tags_do_not_matter()
    {
        using var pair = LabPair.Create();
        var (ours, theirs) = (TestPackets.Address("198.18.0.1"), TestPackets.Address("198.18.0.2"));
        var received = Exchange(pair, ours, theirs,
        [
            (TestPackets.Syn(theirs, ours, 80, First, 0), null),
            (TestPackets.Syn(theirs, ours, 80, First, 1), 7),
            (TestPackets.Syn(theirs, ours, 80, First, 2), 0x6000),
            (TestPackets.Syn(theirs, ours, 80, First, 3), 0x6fff),
        ]);
        Assert.Equal([0u, 2], received);
    }

    [Fact]
    public void Questions_and_answers_of_ARP_and_neighbour_discovery_come_always()
    {
        using var pair = LabPair.Create();
        pair.Scanner.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            using var link = network.Open(network.FindRoute(TestPackets.Address("198.18.0.2")).Route!);
            using var receiver =
                link.OpenReceiver(new FrameFilter([TestPackets.Address("192.0.2.99")], new PortNumber(First), new PortNumber(Last)));
            // The target asks for addresses that nobody has.
            Ask(pair.Target, "198.18.0.77");
            Ask(pair.Target, "2001:db8::77");
            var collector = new FrameCollector();
            bool Came(ushort type) => collector.Frames.Exists(frame => BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12)) == type);
            Assert.True(collector.ReceiveUntil(receiver, () => Came(0x0806) && Came(0x86dd)));
            Assert.All(collector.Frames, frame => Assert.True(
                BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12)) == 0x0806 || frame[54] is >= 133 and <= 137,
                Convert.ToHexString(frame)));
        });
    }

    [Fact]
    public void A_filter_for_a_hundred_addresses_lets_all_of_them_through()
    {
        using var pair = LabPair.Create();
        var (ours, theirs) = (TestPackets.Address("198.18.0.1"), TestPackets.Address("198.18.0.2"));
        var addresses = Enumerable.Range(0, 100).Select(i => InternetAddress.FromIPv4(0xcb00_7100 + (uint)i)).Append(ours).ToArray();
        var received = Exchange(pair, ours, theirs, [(TestPackets.Syn(theirs, ours, 80, First, 4), null)], addresses);
        Assert.Equal([4u], received);
    }

    // The sequence numbers of what the scanner's side received, in order.
    private static List<uint> Exchange(
        LabPair pair, InternetAddress ours, InternetAddress theirs, IEnumerable<(byte[] Packet, ushort? Tag)> packets,
        InternetAddress[]? wanted = null)
    {
        var hardware = TestPackets.HardwareAddress(pair.Scanner, "scan0");
        using var here = pair.Scanner.Run(() => new KernelNetwork(TimeProvider.System));
        var link = pair.Scanner.Run(() => here.Open(here.FindRoute(theirs).Route!));
        using var receiver =
            pair.Scanner.Run(() => link.OpenReceiver(new FrameFilter(wanted ?? [ours], new PortNumber(First), new PortNumber(Last))));
        pair.Target.Run(() =>
        {
            using var there = new KernelNetwork(TimeProvider.System);
            using var back = there.Open(there.FindRoute(ours).Route!);
            using var sender = back.OpenSender();
            foreach (var (packet, tag) in packets.Append((TestPackets.Syn(theirs, ours, 9, First, uint.MaxValue), null)))
            {
                var frame = TestPackets.Frame(packet, hardware, back.HardwareAddress);
                Assert.Equal(1, TestPackets.Send(sender, tag is { } value ? Tagged(frame, value) : frame).Sent);
            }
        });
        var collector = new FrameCollector();
        List<uint> Received() => [.. collector.Frames.Where(f => IsTcp(f)).Select(Sequence)];
        Assert.True(collector.ReceiveUntil(receiver, () => Received().Contains(uint.MaxValue)), "the last frame did not come");
        link.Dispose();
        return [.. Received().Where(n => n != uint.MaxValue)];
    }

    private static bool IsTcp(byte[] frame) => frame[12] == 0x08 ? frame[13] == 0 && frame[23] == 6 : frame[20] is 6 or 44;

    private static uint Sequence(byte[] frame) =>
        BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(14 + (frame[12] == 0x08 ? 20 : frame[20] == 44 ? 48 : 40) + 4));

    // The same packet as a fragment that starts at byte 800.
    private static byte[] LaterFragment(byte[] packet)
    {
        if (packet[0] >> 4 == 4)
        {
            packet[7] = 100;
            packet[10] = packet[11] = 0;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), InternetChecksum.Of(packet.AsSpan(0, 20)));
            return packet;
        }

        byte[] header = [packet[6], 0, 100 * 8 >> 8, (100 * 8) & 0xf8, 0, 0, 0, 1];
        packet[6] = 44;
        packet[5] += 8;
        return [.. packet[..40], .. header, .. packet[40..]];
    }

    private static byte[] Tagged(byte[] frame, ushort tag) => [.. frame[..12], 0x81, 0, (byte)(tag >> 8), (byte)tag, .. frame[12..]];

    private static void Ask(LabHost host, string address) => host.Run(() =>
    {
        using var socket = new System.Net.Sockets.UdpClient(
            address.Contains(':', StringComparison.Ordinal)
                ? System.Net.Sockets.AddressFamily.InterNetworkV6
                : System.Net.Sockets.AddressFamily.InterNetwork);
        socket.Send([0], address, 9);
    });
}
