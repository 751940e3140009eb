using Portolan.Sockets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Listing;

/// <summary>Which sockets the flags of ss and netstat ask for, seen in what the kernel is asked.</summary>
public sealed class SocketSelectionTests
{
    private const SocketProtocols Internet = SocketProtocols.Tcp | SocketProtocols.Udp | SocketProtocols.UdpLite | SocketProtocols.Sctp
        | SocketProtocols.Dccp | SocketProtocols.Raw | SocketProtocols.Mptcp;

    private const SocketProtocols Everything = Internet | SocketProtocols.Unix | SocketProtocols.Packet;

    [Theory]
    [InlineData("", SocketProtocols.Tcp | SocketProtocols.Udp)]
    [InlineData("-n", SocketProtocols.Tcp | SocketProtocols.Udp)]
    [InlineData("-4", SocketProtocols.Tcp | SocketProtocols.Udp)]
    [InlineData("-t", SocketProtocols.Tcp)]
    [InlineData("-u", SocketProtocols.Udp)]
    [InlineData("-w", SocketProtocols.Raw)]
    [InlineData("-x", SocketProtocols.Unix)]
    [InlineData("-0", SocketProtocols.Packet)]
    [InlineData("-S", SocketProtocols.Sctp)]
    [InlineData("-M", SocketProtocols.Mptcp)]
    [InlineData("-d", SocketProtocols.Dccp)]
    [InlineData("-U", SocketProtocols.UdpLite)]
    [InlineData("-tulpn", SocketProtocols.Tcp | SocketProtocols.Udp)]
    [InlineData("-l", Everything)]
    [InlineData("-a", Everything)]
    [InlineData("-a4", Internet)]
    [InlineData("-l6", Internet)]
    [InlineData("-A tcp,udp", SocketProtocols.Tcp | SocketProtocols.Udp)]
    [InlineData("-A all,!unix,!packet", Internet)]
    [InlineData("-f unix", SocketProtocols.Unix)]
    [InlineData("-f link", SocketProtocols.Packet)]
    [InlineData("--protocol=inet -a", Internet)]
    [InlineData(
        "--netstat",
        SocketProtocols.Tcp | SocketProtocols.Udp | SocketProtocols.UdpLite | SocketProtocols.Sctp | SocketProtocols.Raw
            | SocketProtocols.Unix)]
    [InlineData(
        "--netstat -4", SocketProtocols.Tcp | SocketProtocols.Udp | SocketProtocols.UdpLite | SocketProtocols.Sctp | SocketProtocols.Raw)]
    [InlineData("protocol unix", SocketProtocols.Unix)]
    [InlineData("-t protocol udp", SocketProtocols.None)]
    public void Flags_choose_kinds(string flags, SocketProtocols kinds) => Assert.Equal(kinds, QueryOf(flags).Protocols);

    [Theory]
    [InlineData("", true, true)]
    [InlineData("-4", true, false)]
    [InlineData("-6", false, true)]
    [InlineData("-46", true, true)]
    [InlineData("-f inet", true, false)]
    [InlineData("-f inet6", false, true)]
    public void Flags_choose_families(string flags, bool ipv4, bool ipv6)
    {
        var query = QueryOf(flags);
        Assert.Equal((ipv4, ipv6), (query.IPv4, query.IPv6));
    }

    [Theory]
    [InlineData("", "listen unconnected established time-wait syn-received closed")]
    [InlineData("-ta", "listen unconnected established time-wait syn-received closed")]
    [InlineData("-tla", "listen unconnected established time-wait syn-received closed")]
    [InlineData("-t", "established")]
    [InlineData("-u", "established")]
    [InlineData("-0", "unconnected established")]
    [InlineData("-0u", "unconnected established")]
    [InlineData("-0 state established", "established")]
    [InlineData("-tl", "listen unconnected")]
    [InlineData("-tul", "listen unconnected")]
    [InlineData("-Ml", "listen unconnected closed")]
    [InlineData("-t state listening", "listen")]
    [InlineData("-tl state established", "established")]
    [InlineData("-t state time-wait", "time-wait")]
    public void Flags_choose_states(string flags, string states)
    {
        var query = QueryOf(flags);
        foreach (var (state, name) in (ReadOnlySpan<(SocketState, string)>)
        [
            (SocketState.Listen, "listen"), (SocketState.Unconnected, "unconnected"), (SocketState.Established, "established"),
            (SocketState.TimeWait, "time-wait"), (SocketState.SynReceived, "syn-received"), (SocketState.Closed, "closed"),
        ])
        {
            Assert.True(states.Split(' ').Contains(name) == ((query.States & (1u << (int)state)) != 0), $"{name} with '{flags}'");
        }
    }

    [Theory]
    [InlineData("-t", false)]
    [InlineData("-t --bound", true)]
    [InlineData("-t state bound", true)]
    public void Bound_sockets_are_asked_for_by_flag_or_by_state(string flags, bool bound) => Assert.Equal(bound, QueryOf(flags).Bound);

    [Theory]
    [InlineData("-t", false, false)]
    [InlineData("-ti", true, false)]
    [InlineData("-tm", false, true)]
    [InlineData("-t --json", true, false)]
    [InlineData("-t --csv", true, false)]
    [InlineData("-t --columns local,rtt", true, false)]
    [InlineData("-t --sort=-sent", true, false)]
    public void Costly_facts_are_asked_for_only_when_shown(string flags, bool details, bool memory)
    {
        var query = QueryOf(flags);
        Assert.Equal((details, memory), (query.TcpDetails, query.Memory));
    }

    [Fact]
    public void A_filter_on_ports_reaches_the_kernel() => Assert.NotEqual(0, QueryOf("-t sport = :22").Bytecode.Length);

    private static SocketQuery QueryOf(string flags)
    {
        using var bench = new ListBench(new MachineBuilder());
        Assert.Equal(0, bench.Run(flags.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        return bench.Queries[0];
    }
}
