using Portolan.Firewall.Rules;
using Portolan.Firewall.Tracing;
using Portolan.Linux.Netlink;
using Portolan.Tests.Support;

namespace Portolan.Tests.Firewall.Tracing;

/// <summary>What the kernel tells of a traced packet (NFT_MSG_TRACE).</summary>
public sealed class TraceEventTests
{
    [Fact]
    public void A_rule_that_jumps()
    {
        Assert.True(TraceEvent.TryRead(Message(), out var told));

        Assert.Equal(
            (7u, RuleFamily.Inet, "t", "c", TraceEventKind.Rule, VerdictKind.Jump),
            (told.PacketId, told.Family, told.TableName, told.ChainName, told.Kind, told.Verdict));
        Assert.Equal((12ul, "other"), (told.RuleHandle, told.TargetChain));
        Assert.Equal([1, 2, 3, 4], told.NetworkHeader.ToArray());
        Assert.Equal(5, told.InputInterface);
    }

    [Fact]
    public void A_verdict_with_a_queues_number_in_its_upper_bits()
    {
        Assert.True(TraceEvent.TryRead(Message(code: 0x0005_0003), out var told));

        Assert.Equal(VerdictKind.Queue, told.Verdict);
    }

    [Fact]
    public void Damaged_messages_are_refused_or_read_and_never_throw()
        => Fuzz.Run(20_000, static (random, _) => TraceEvent.TryRead(Fuzz.Damage(random, Message()), out var _));

    [Fact]
    public void A_traced_packet_with_a_header_of_any_bytes_never_throws()
        => Fuzz.Run(5_000, static (random, _) =>
        {
            var (network, transport) = (new byte[random.Next(42)], new byte[random.Next(22)]);
            random.NextBytes(network);
            random.NextBytes(transport);
            if (network.Length > 0)
            {
                network[0] = (byte)(random.Next(2) == 0 ? 0x45 : 0x60);
            }

            var packet = new TracedPacket(DateTimeOffset.UnixEpoch, []) { NetworkHeader = network, TransportHeader = transport };
            Assert.Equal(packet.SourcePort is null, packet.DestinationPort is null);
            Assert.Equal(packet.Source is null, packet.Destination is null);
        });

    private static byte[] Message(int code = -3)
    {
        var writer = new NetlinkWriter();
        NetfilterHeader.Write(writer, (byte)RuleFamily.Inet);
        writer.Text(1, "t");
        writer.Text(2, "c");
        writer.BigEndian64(3, 12);
        writer.BigEndian32(4, 3);
        var verdict = writer.BeginNest(5);
        writer.BigEndian32(1, (uint)code);
        writer.Text(2, "other");
        writer.EndNest(verdict);
        writer.BigEndian32(6, 7);
        writer.Data(8, [1, 2, 3, 4]);
        writer.BigEndian32(10, 5);
        return writer.Bytes.ToArray();
    }
}
