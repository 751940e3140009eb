using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;
using Portolan.Scan.Probes;

namespace Portolan.Tests.Scan.Probes;

public sealed class ProbeCookiesTests
{
    [Fact]
    public void Every_attempt_comes_back_from_the_port_it_was_sent_from() =>
        Prop.ForAll<byte, int>((cookie, attempt) =>
        {
            var ports = SourcePorts.Outside(ephemeral: null);
            var tag = ProbeTag.ForAttempt(Math.Abs(attempt % 30));
            var port = new PortNumber(ports.PortOf(tag, cookie));
            return port >= ports.First && port <= ports.Last && ports.TryRead(port, cookie, out var read) && read == tag && !read.IsControl
                && !ports.TryRead(port, (byte)(cookie + 1), out _);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_control_probe_comes_back_with_its_number()
    {
        var ports = SourcePorts.Block(15);
        for (uint number = 0; number < 600; number++)
        {
            var port = new PortNumber(ports.PortOf(ProbeTag.ForControl(number), cookie: 77));
            Assert.True(ports.TryRead(port, cookie: 12, out var tag));
            Assert.Equal(new ProbeTag(ProbeTag.ControlAttempt, (byte)number), tag);
        }
    }

    [Fact]
    public void Every_tag_comes_back_in_the_sequence_number_of_an_ICMP_request()
    {
        for (uint number = 0; number < 600; number++)
        {
            foreach (var sent in (ProbeTag[])[ProbeTag.ForAttempt((int)number), ProbeTag.ForControl(number)])
            {
                Assert.True(IcmpCookie.TryReadSequence(IcmpCookie.Sequence(sent), out var tag));
                Assert.Equal(sent, tag);
            }
        }

        Assert.False(IcmpCookie.TryReadSequence(0, out _));
        Assert.False(IcmpCookie.TryReadSequence(0x101, out _));
    }

    [Theory]
    [InlineData(32768, 60999, 61440)]
    [InlineData(16384, 65535, 61440)]
    [InlineData(49152, 65535, 45056)]
    [InlineData(1024, 61440, 61440)]
    public void Our_ports_lie_outside_the_ephemeral_range_where_there_is_room(int first, int last, int expected)
    {
        var ephemeral = new EphemeralRange(new PortRange(new PortNumber((ushort)first), new PortNumber((ushort)last)), new PortSet());
        Assert.Equal(expected, SourcePorts.Outside(ephemeral).First.Value);
    }

    [Fact]
    public void A_fixed_port_keeps_the_attempt_in_the_sequence_number()
    {
        var cookie = new ProbeCookies(seed: 5).Of(InternetAddress.FromIPv4(1), InternetAddress.FromIPv4(2), 80, 6);
        for (var attempt = 0; attempt < ProbeTag.LastAttempt; attempt++)
        {
            var sent = cookie.SequenceWithTag(ProbeTag.ForAttempt(attempt));
            Assert.True(ProbeCookie.TryReadTag(sent, cookie.SequenceWithTag(default), out var tag));
            Assert.Equal(attempt, tag.Attempt);
            Assert.False(ProbeCookie.TryReadTag(sent ^ 0x10, cookie.SequenceWithTag(default), out _));
        }
    }

    [Fact]
    public void Each_part_of_the_socket_pair_changes_the_cookie()
    {
        var cookies = new ProbeCookies(seed: 5);
        var all = new HashSet<ProbeCookie>();
        foreach (var (source, target) in (ReadOnlySpan<(string, string)>)[
            ("198.18.0.1", "198.18.0.2"), ("198.18.0.2", "198.18.0.1"), ("2001:db8::1", "2001:db8::2"), ("2001:db8::2", "2001:db8::1")])
        {
            Assert.True(InternetAddress.TryParse(source, out var ours));
            Assert.True(InternetAddress.TryParse(target, out var theirs));
            foreach (var port in (ReadOnlySpan<ushort>)[80, 81])
            {
                Assert.True(all.Add(cookies.Of(ours, theirs, port, 6)));
                Assert.True(all.Add(cookies.Of(ours, theirs, port, 17)));
            }
        }
    }
}
