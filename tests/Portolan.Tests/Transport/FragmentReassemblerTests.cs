using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;
using Portolan.Transport.Buffers;
using Portolan.Transport.Reassembly;

namespace Portolan.Tests.Transport;

/// <summary>Fragments become packets, and nothing else does.</summary>
public sealed class FragmentReassemblerTests
{
    private static readonly InternetAddress Us = InternetAddress.FromIPv4(0xc6120001);
    private static readonly InternetAddress Them = InternetAddress.FromIPv4(0xc6120002);
    private static readonly InternetAddress Us6 = InternetAddress.FromNumber(((UInt128)0x20010db8 << 96) | 1, isIPv4: false);
    private static readonly InternetAddress Them6 = InternetAddress.FromNumber(((UInt128)0x20010db8 << 96) | 2, isIPv4: false);
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(1000);

    private readonly PacketPool _pool = new(new PacketPoolOptions { Poison = true });
    private readonly byte[] _whole = new byte[FragmentReassembler.MaxLength];

    [Fact]
    public void Any_sequence_of_fragments_ends_as_in_the_model()
    {
        var completed = 0;
        Fuzz.Run(600, (random, _) => completed += RunBesideModel(random));

        // Or nothing was proved of the packets that end well.
        Assert.True(completed > 1000, $"{completed} packets were completed");
    }

    private int RunBesideModel(Random random)
    {
        var completed = 0;
        var reassembler = Make();
        var model = new ReassemblyModel(TimeSpan.FromSeconds(60));
        var now = Start;
        var originals = Enumerable.Range(0, 4).Select(_ => Bytes(random, random.Next(3, 12) * 8 - random.Next(8))).ToArray();
        for (var step = 0; step < 60; step++)
        {
            var number = random.Next(4);
            var isIPv4 = number % 2 == 0;
            var whole = originals[number];

            // Mostly a piece of the original, sometimes any other place, sometimes other bytes.
            var piece = (random.Next(12) == 0 ? random.Next(1, 4) : 2 + (number % 2)) * 8;
            var from = random.Next(20) == 0 ? random.Next(12) * 8 : random.Next((whole.Length + piece - 1) / piece) * piece;
            from = Math.Min(from, whole.Length / 8 * 8 - (whole.Length % 8 == 0 ? 8 : 0));
            var data = whole.AsSpan(from, Math.Min(piece, whole.Length - from)).ToArray();
            data[0] ^= (byte)(random.Next(40) == 0 ? 1 : 0);
            var isLast = from > 0 && (data.Length % 8 != 0 || from + data.Length == whole.Length);
            data = isLast ? data : data[..(data.Length / 8 * 8)];
            now += random.Next(20) == 0 ? TimeSpan.FromSeconds(random.Next(61)) : TimeSpan.Zero;
            if (random.Next(2) == 0)
            {
                Expire(reassembler, now);
            }

            var expected = model.Accept(now, (isIPv4, number), from, data, isLast);
            var result =
                reassembler.Accept(now, isIPv4 ? Fragment4(number, from, data, isLast) : Fragment6(number, from, data, isLast), 1, _whole);
            Assert.Equal((expected.Outcome, expected.Fault), (result.Outcome, result.Fault));
            if (result.Outcome == ReassemblyOutcome.Complete)
            {
                Assert.Equal(expected.Data, Payload(_whole.AsSpan(0, result.Length)));
                completed++;
            }
        }

        Expire(reassembler, now + TimeSpan.FromSeconds(61));
        Assert.Equal((0, 0L, 0, null), (reassembler.Pending, reassembler.MemoryUsed, _pool.InUse, reassembler.NextDeadline));
        return completed;
    }

    [Fact]
    public void Whole_packets_and_atomic_fragments_pass_at_once()
    {
        var reassembler = Make();
        Assert.Equal(ReassemblyOutcome.Whole, reassembler.Accept(Start, Fragment4(1, 0, new byte[30], isLast: true), 0, _whole).Outcome);

        // RFC 6946: even while fragments of the same name wait.
        Assert.Equal(ReassemblyOutcome.Waiting, reassembler.Accept(Start, Fragment6(1, 0, new byte[16], isLast: false), 0, _whole).Outcome);
        Assert.Equal(ReassemblyOutcome.Whole, reassembler.Accept(Start, Fragment6(1, 0, new byte[30], isLast: true), 0, _whole).Outcome);
        Assert.Equal(1, reassembler.Pending);
        Assert.Equal(ReassemblyFault.Malformed, reassembler.Accept(Start, new byte[30], 0, _whole).Fault);
    }

    [Fact]
    public void The_headers_of_the_first_fragment_become_those_of_the_whole()
    {
        var reassembler = Make();
        var data = Bytes(new Random(1), 40);
        var first = new byte[48];
        Ipv4Writer.Write(
            first, new Ipv4Header(Them, Us, IpProtocol.Udp, TimeToLive: 9, Identification: 7, MoreFragments: true), 24,
            Ipv4Writer.RouterAlert);
        data.AsSpan(0, 24).CopyTo(first.AsSpan(24));
        reassembler.Accept(Start, Fragment4(7, 24, data[24..], isLast: true), 0, _whole);
        var result = reassembler.Accept(Start, first, 0, _whole);
        Assert.Equal((ReassemblyOutcome.Complete, 64), (result.Outcome, result.Length));
        Assert.True(Ipv4Packet.TryRead(_whole.AsSpan(0, 64), out var four));
        Assert.True(four.HasValidChecksum && !four.MoreFragments && !four.IsLaterFragment);
        Assert.Equal((24, 9, 7), (four.HeaderLength, four.TimeToLive, four.Identification));
        Assert.Equal(data, four.Payload);

        // An IPv6 packet with hop-by-hop options in front and destination options within.
        var packet = new byte[100];
        var at = Ipv6ExtensionWriter.WriteRouterAlert(packet.AsSpan(40), IpProtocol.Fragment) + 40;
        at += Ipv6ExtensionWriter.WriteFragment(packet.AsSpan(at), IpProtocol.DestinationOptions, 0, moreFragments: true, 7);
        at += Ipv6ExtensionWriter.WriteOptions(packet.AsSpan(at), IpProtocol.Udp, default);
        data.AsSpan(0, 16).CopyTo(packet.AsSpan(at));
        Ipv6Writer.Write(packet, Them6, Us6, IpProtocol.HopByHopOptions, at + 16 - 40);
        reassembler.Accept(Start, packet.AsSpan(0, at + 16), 0, _whole);
        result = reassembler.Accept(Start, Fragment6(7, 24, data[16..], isLast: true), 0, _whole);
        Assert.Equal((ReassemblyOutcome.Complete, 40 + 8 + 8 + 40), (result.Outcome, result.Length));
        Assert.True(Ipv6Packet.TryRead(_whole.AsSpan(0, result.Length), out var six));
        Assert.Equal((IpProtocol.HopByHopOptions, IpProtocol.Udp, false), (six.NextHeader, six.Protocol, six.HasFragmentHeader));
        Assert.Equal(data, six.Payload);
    }

    [Theory]
    [InlineData(65_528, 8, true)]
    [InlineData(65_504, 16, true)]
    [InlineData(65_504, 8, false)]
    public void What_would_be_longer_than_a_packet_may_be_is_refused(int offset, int length, bool isRefused)
    {
        var reassembler = Make();
        Assert.Equal(
            isRefused ? ReassemblyFault.TooLong : ReassemblyFault.None,
            reassembler.Accept(Start, Fragment4(1, offset, new byte[length], isLast: true), 0, _whole).Fault);
        var result = reassembler.Accept(Start, Fragment6(1, 65_528, new byte[16], isLast: true), 0, _whole);
        Assert.Equal((ReassemblyFault.TooLong, (byte?)0, 42), (result.Fault, result.ParameterProblemCode, result.ParameterProblemPointer));
    }

    [Fact]
    public void A_fragment_that_is_not_the_last_has_a_multiple_of_eight_bytes()
    {
        var reassembler = Make();
        var result = reassembler.Accept(Start, Fragment6(1, 0, new byte[17], isLast: false), 0, _whole);
        Assert.Equal((ReassemblyFault.Malformed, (byte?)0, 4), (result.Fault, result.ParameterProblemCode, result.ParameterProblemPointer));
        result = reassembler.Accept(Start, Fragment4(1, 0, new byte[17], isLast: false), 0, _whole);
        Assert.Equal((ReassemblyFault.Malformed, (byte?)null), (result.Fault, result.ParameterProblemCode));
        Assert.Equal(ReassemblyFault.Malformed, reassembler.Accept(Start, Fragment4(1, 8, [], isLast: true), 0, _whole).Fault);
        Assert.Equal(0, reassembler.Pending);
    }

    [Fact]
    public void Fragments_that_hide_the_flags_of_TCP_are_refused()
    {
        var reassembler = Make();
        Assert.Equal(
            ReassemblyFault.Tiny, reassembler.Accept(Start, Fragment4(1, 0, new byte[8], isLast: false, IpProtocol.Tcp), 0, _whole).Fault);
        Assert.Equal(
            ReassemblyFault.Tiny, reassembler.Accept(Start, Fragment4(1, 8, new byte[40], isLast: true, IpProtocol.Tcp), 0, _whole).Fault);
        Assert.Equal(
            ReassemblyFault.None, reassembler.Accept(Start, Fragment4(1, 0, new byte[16], isLast: false, IpProtocol.Tcp), 0, _whole).Fault);
        var result = reassembler.Accept(Start, Fragment6(1, 0, new byte[16], isLast: false, IpProtocol.Tcp), 0, _whole);
        Assert.Equal((ReassemblyFault.Tiny, (byte?)3), (result.Fault, result.ParameterProblemCode));
    }

    [Theory]
    [InlineData(2, 2, 2, ReassemblyOutcome.Complete)]
    [InlineData(2, 3, 3, ReassemblyOutcome.Complete)]
    [InlineData(3, 1, 3, ReassemblyOutcome.Complete)]
    [InlineData(0, 0, 0, ReassemblyOutcome.Complete)]
    [InlineData(0, 3, 0, ReassemblyOutcome.Refused)]
    [InlineData(3, 0, 0, ReassemblyOutcome.Refused)]
    public void Congestion_that_one_fragment_met_the_whole_has_met(byte first, byte second, byte expected, Enum asked)
    {
        var outcome = (ReassemblyOutcome)asked;
        var reassembler = Make();
        reassembler.Accept(Start, Fragment4(1, 0, new byte[16], isLast: false, ecn: first), 0, _whole);
        reassembler.Accept(Start, Fragment6(1, 0, new byte[16], isLast: false, ecn: first), 0, _whole);
        var result = reassembler.Accept(Start, Fragment4(1, 16, new byte[16], isLast: true, ecn: second), 0, _whole);
        Assert.Equal(outcome, result.Outcome);
        Assert.True(
            outcome != ReassemblyOutcome.Complete
                || (Ipv4Packet.TryRead(_whole, out var four) && four.TypeOfService == expected && four.HasValidChecksum));
        result = reassembler.Accept(Start, Fragment6(1, 16, new byte[16], isLast: true, ecn: second), 0, _whole);
        Assert.Equal(
            (outcome, outcome == ReassemblyOutcome.Refused ? ReassemblyFault.MixedEcn : ReassemblyFault.None),
            (result.Outcome, result.Fault));
        Assert.True(outcome != ReassemblyOutcome.Complete || (Ipv6Packet.TryRead(_whole, out var six) && six.TrafficClass == expected));
    }

    [Fact]
    public void A_timeout_is_reported_only_when_the_first_fragment_came_and_somebody_can_be_told()
    {
        var reassembler = Make();
        var quote = new byte[1232];
        var first = Fragment6(1, 0, Bytes(new Random(1), 16), isLast: false);
        reassembler.Accept(Start, first, 0, _whole);
        reassembler.Accept(Start + TimeSpan.FromSeconds(1), Fragment6(2, 16, new byte[16], isLast: false), 0, _whole);
        var group = Fragment4(3, 0, new byte[16], isLast: false, destination: InternetAddress.FromIPv4(0xe8010203));
        reassembler.Accept(Start + TimeSpan.FromSeconds(2), group, 0, _whole);
        Assert.Equal(Start + TimeSpan.FromSeconds(60), reassembler.NextDeadline);
        Assert.False(reassembler.TryExpire(Start + TimeSpan.FromSeconds(59), quote, out _));

        Assert.True(reassembler.TryExpire(Start + TimeSpan.FromSeconds(62), quote, out var timeout));
        Assert.Equal(new ReassemblyTimeout(Them6, Us6, MustReport: true, first.Length), timeout);
        Assert.Equal(first, quote[..first.Length]);
        Assert.True(reassembler.TryExpire(Start + TimeSpan.FromSeconds(62), quote, out timeout));
        Assert.Equal(new ReassemblyTimeout(Them6, Us6, MustReport: false, 0), timeout);
        Assert.True(reassembler.TryExpire(Start + TimeSpan.FromSeconds(62), quote, out timeout));
        Assert.False(timeout.MustReport);
        Assert.False(reassembler.TryExpire(Start + TimeSpan.FromSeconds(62), quote, out _));
        Assert.Equal(0, _pool.InUse);
    }

    [Fact]
    public void A_packet_that_was_given_up_is_not_reported_and_swallows_what_still_comes()
    {
        var reassembler = Make();
        reassembler.Accept(Start, Fragment6(1, 0, new byte[16], isLast: false), 0, _whole);
        Assert.Equal(ReassemblyFault.Overlap, reassembler.Accept(Start, Fragment6(1, 8, new byte[16], isLast: false), 0, _whole).Fault);
        Assert.Equal(0, _pool.InUse);
        Assert.Equal(ReassemblyFault.Overlap, reassembler.Accept(Start, Fragment6(1, 24, new byte[16], isLast: true), 0, _whole).Fault);
        Assert.True(reassembler.TryExpire(Start + TimeSpan.FromSeconds(60), new byte[100], out var timeout));
        Assert.False(timeout.MustReport);
    }

    [Fact]
    public void Too_many_fragments_give_up_the_packet()
    {
        var reassembler = Make(new ReassemblyOptions { MaxFragments = 10 });
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(
                ReassemblyOutcome.Waiting, reassembler.Accept(Start, Fragment4(1, 16 * i, new byte[8], isLast: false), 0, _whole).Outcome);
        }

        Assert.Equal(ReassemblyFault.TooMany, reassembler.Accept(Start, Fragment4(1, 160, new byte[8], isLast: false), 0, _whole).Fault);
        Assert.Equal(0, _pool.InUse);
    }

    [Fact]
    public void A_source_that_asks_for_too_much_loses_its_own_and_nobody_elses()
    {
        var reassembler = Make(new ReassemblyOptions { MemoryLimit = 100_000, MemoryLimitPerSource = 20_000 });
        reassembler.Accept(Start, Fragment4(1, 0, new byte[16], isLast: false, source: Us), 0, _whole);
        for (var id = 0; id < 1000; id++)
        {
            Assert.Equal(
                ReassemblyOutcome.Waiting, reassembler.Accept(Start, Fragment4(id, 0, new byte[16], isLast: false), 0, _whole).Outcome);

            // Many addresses of one network of 64 bits are one source.
            var source = InternetAddress.FromNumber(((UInt128)0x20010db8 << 96) | (uint)(100 + id), isIPv4: false);
            Assert.Equal(
                ReassemblyOutcome.Waiting,
                reassembler.Accept(Start, Fragment6(id, 0, new byte[16], isLast: false, source: source), 0, _whole).Outcome);
            Assert.True(reassembler.MemoryUsed <= 41_000);
        }

        Assert.True(reassembler.Evicted > 1800);
        Assert.Equal(
            ReassemblyOutcome.Complete,
            reassembler.Accept(Start, Fragment4(1, 16, new byte[3], isLast: true, source: Us), 0, _whole).Outcome);

        // The newest of the greedy source is still whole.
        Assert.Equal(
            ReassemblyOutcome.Complete, reassembler.Accept(Start, Fragment4(999, 16, new byte[3], isLast: true), 0, _whole).Outcome);
    }

    [Fact]
    public void At_the_limit_the_oldest_goes_first()
    {
        var reassembler = Make(new ReassemblyOptions { MemoryLimit = 20_000, MemoryLimitPerSource = 20_000 });
        for (var id = 0; id < 200; id++)
        {
            reassembler.Accept(
                Start, Fragment4(id, 0, new byte[16], isLast: false, source: InternetAddress.FromIPv4((uint)(0xc6130000 + id))), 0, _whole);
            Assert.True(reassembler.MemoryUsed <= 20_000);
        }

        var left = Enumerable.Range(0, 200).Where(id => reassembler.Accept(
            Start, Fragment4(id, 16, new byte[3], isLast: true, source: InternetAddress.FromIPv4((uint)(0xc6130000 + id))), 0,
            _whole).Outcome == ReassemblyOutcome.Complete);

        // Asking about the old ones put fragments of theirs in, which pushed out as many of the next.
        Assert.All(left, static id => Assert.True(id > 100));
        Assert.Equal(20_000 / (256 + 256 + 64), reassembler.Pending);
    }

    [Fact]
    public void One_packet_may_never_outgrow_the_limit()
    {
        var reassembler = Make(new ReassemblyOptions { MemoryLimit = 5000, MemoryLimitPerSource = 5000 });
        Assert.Equal(
            ReassemblyOutcome.Waiting, reassembler.Accept(Start, Fragment4(1, 0, new byte[1400], isLast: false), 0, _whole).Outcome);
        Assert.Equal(
            ReassemblyOutcome.Waiting, reassembler.Accept(Start, Fragment4(1, 1400, new byte[1400], isLast: false), 0, _whole).Outcome);
        Assert.Equal(
            ReassemblyFault.NoMemory, reassembler.Accept(Start, Fragment4(1, 2800, new byte[1400], isLast: false), 0, _whole).Fault);
        Assert.Equal((0, 0L, 0), (reassembler.Pending, reassembler.MemoryUsed, _pool.InUse));
    }

    [Fact]
    public void Damaged_fragments_never_make_it_fail_nor_keep_what_they_must_not()
    {
        var samples = new List<byte[]>();
        for (var start = 0; start < 64; start += 16)
        {
            samples.Add(Fragment4(1, start, new byte[16], start == 48));
            samples.Add(Fragment6(1, start, new byte[16], start == 48));
        }

        var reassembler = Make(new ReassemblyOptions { MemoryLimit = 50_000, MemoryLimitPerSource = 20_000 });
        var now = Start;
        Fuzz.Run(10_000, (random, _) =>
        {
            now += TimeSpan.FromMilliseconds((double)random.Next(200));
            var result = reassembler.Accept(now, Fuzz.Damage(random, samples[random.Next(samples.Count)]), random.Next(2), _whole);
            Assert.True(
                result.Outcome != ReassemblyOutcome.Complete || Ipv4Packet.TryRead(_whole.AsSpan(0, result.Length), out var _)
                    || Ipv6Packet.TryRead(_whole.AsSpan(0, result.Length), out var _));
            Assert.True(reassembler.MemoryUsed <= 50_000);
            Expire(reassembler, now);
        });
        Expire(reassembler, now + TimeSpan.FromSeconds(61));
        Assert.Equal((0, 0L, 0), (reassembler.Pending, reassembler.MemoryUsed, _pool.InUse));
    }

    [Fact]
    public void Nothing_is_allocated_in_steady_state()
    {
        var pool = new PacketPool();
        var reassembler = new FragmentReassembler(pool, SipHash.FromSeed(1));
        byte[][] fragments = [
            Fragment4(1, 0, new byte[1400], false), Fragment6(1, 0, new byte[1400], false), Fragment4(1, 1400, new byte[99], true),
            Fragment6(1, 1400, new byte[99], true)];
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                foreach (var fragment in fragments)
                {
                    reassembler.Accept(Start, fragment, 0, _whole);
                }
            }
        }));
        Assert.Equal((0, 0), (reassembler.Pending, pool.InUse));
    }

    private FragmentReassembler Make(ReassemblyOptions? options = null) => new(_pool, SipHash.FromSeed(1), options);

    private static void Expire(FragmentReassembler reassembler, TimeSpan now)
    {
        while (reassembler.TryExpire(now, default, out _))
        {
        }
    }

    private static byte[] Payload(ReadOnlySpan<byte> packet)
    {
        if (Ipv4Packet.TryRead(packet, out var four))
        {
            Assert.True(four.HasValidChecksum);
            return four.Payload.ToArray();
        }

        Assert.True(Ipv6Packet.TryRead(packet, out var six));
        return six.Payload.ToArray();
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Fragment4(
        int id, int start, byte[] data, bool isLast, IpProtocol protocol = IpProtocol.Udp, byte ecn = 0, InternetAddress? source = null,
        InternetAddress? destination = null)
    {
        var packet = new byte[20 + data.Length];
        Ipv4Writer.Write(
            packet,
            new Ipv4Header(
                source ?? Them, destination ?? Us, protocol, Identification: (ushort)id, MoreFragments: !isLast, FragmentOffset: start,
                TypeOfService: ecn),
            data.Length);
        data.CopyTo(packet, 20);
        return packet;
    }

    private static byte[] Fragment6(
        int id, int start, byte[] data, bool isLast, IpProtocol protocol = IpProtocol.Udp, byte ecn = 0, InternetAddress? source = null)
    {
        var packet = new byte[48 + data.Length];
        Ipv6Writer.Write(packet, source ?? Them6, Us6, IpProtocol.Fragment, 8 + data.Length, trafficClass: ecn);
        Ipv6ExtensionWriter.WriteFragment(packet.AsSpan(40), protocol, start, !isLast, (uint)id);
        data.CopyTo(packet, 48);
        return packet;
    }
}
