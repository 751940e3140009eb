using Portolan.Sockets;
using Portolan.Sockets.Filtering;

namespace Portolan.Tests.Sockets.Filtering;

/// <summary>What the kernel is told.</summary>
public sealed class FilterPushdownTests
{
    private const SocketProtocols Internet = SocketProtocols.Tcp | SocketProtocols.Udp | SocketProtocols.UdpLite | SocketProtocols.Sctp
        | SocketProtocols.Dccp | SocketProtocols.Raw | SocketProtocols.Mptcp;

    [Theory]
    [InlineData("sport = :22", "070c1000" + "00000000" + "16000000")]
    [InlineData("sport >= :1024", "02080c00" + "00000004")]
    [InlineData("dport 1-1023", "04081400" + "00000100" + "05080c00" + "0000ff03")]
    [InlineData("dst 10.0.0.0/8", "08101400" + "02080000" + "ffffffff" + "0a000000")]
    [InlineData("not dst 10.0.0.0/8", "08101400" + "02080000" + "ffffffff" + "0a000000" + "01040800")]
    [InlineData("src 2001:db8::/32", "071c2000" + "0a200000" + "ffffffff" + "20010db8000000000000000000000000")]
    [InlineData("sport 22 or sport 80", "070c1000" + "00000000" + "16000000" + "01041000" + "070c1000" + "00000000" + "50000000")]
    [InlineData("dev eth0", "09080c00" + "02000000")]
    [InlineData("port 22 or process nginx", "")]
    [InlineData("not process nginx", "")]
    [InlineData("sport 22 and process nginx", "070c1000" + "00000000" + "16000000")]
    [InlineData("family unix", "01040800")]
    [InlineData("port 0-65535", "")]
    public void Conditions_become_operations(string filter, string program) =>
        Assert.Equal(program, Convert.ToHexStringLower(Pushdown(filter).Bytecode.Span));

    [Fact]
    public void An_interface_by_name_has_an_index_only_in_its_own_namespace()
    {
        var filter = SocketFilter.Parse(["dev eth0"], FilterWorld.NamesOfAllNamespaces);
        Assert.True(filter.Pushdown.Bytecode.IsEmpty);
        Assert.Equal(FilterNeeds.InterfaceNames, filter.Needs);
        Assert.False(SocketFilter.Parse(["dev 2"], FilterWorld.NamesOfAllNamespaces).Pushdown.Bytecode.IsEmpty);
    }

    [Theory]
    [InlineData("state established", 1u << 1)]
    [InlineData("state established state time-wait", (1u << 1) | (1u << 6))]
    [InlineData("state established and port 443 or state listen and not port 22", (1u << 1) | (1u << 10))]
    [InlineData("not (state established or not state listen)", 1u << 10)]
    [InlineData("state listen and state established", 0u)]
    [InlineData("state listen and process x", 1u << 10)]
    [InlineData("state time-wait,listen and process x", 1u << 10)]
    public void Only_states_that_can_match_are_asked_for(string filter, uint states) => Assert.Equal(states, Pushdown(filter).States);

    [Theory]
    [InlineData("protocol tcp", SocketProtocols.Tcp)]
    [InlineData("protocol tcp and port 22 or protocol udp", SocketProtocols.Tcp | SocketProtocols.Udp)]
    [InlineData("family unix", SocketProtocols.Unix)]
    [InlineData("port 443", Internet)]
    [InlineData("not port 443", Internet | SocketProtocols.Unix | SocketProtocols.Packet)]
    [InlineData("service ssh", SocketProtocols.Tcp | SocketProtocols.Mptcp)]
    [InlineData("path /run/*", SocketProtocols.Unix)]
    [InlineData("protocol tcp and family unix", SocketProtocols.None)]
    [InlineData("family ipv4 and family packet", SocketProtocols.None)]
    public void Only_protocols_that_can_match_are_asked_for(string filter, SocketProtocols protocols) =>
        Assert.Equal(protocols, Pushdown(filter).Protocols);

    [Theory]
    [InlineData("dst 10.0.0.0/8", true, true)]
    [InlineData("dst 2001:db8::/32", false, true)]
    [InlineData("family ipv4", true, false)]
    [InlineData("not family ipv4", false, true)]
    [InlineData("family unix", false, false)]
    [InlineData("src inet:*", true, false)]
    public void Only_families_that_can_match_are_asked_for(string filter, bool ipv4, bool ipv6) =>
        Assert.Equal((ipv4, ipv6), (Pushdown(filter).IPv4, Pushdown(filter).IPv6));

    [Fact]
    public void A_query_is_narrowed_and_never_widened()
    {
        var query = new SocketQuery
        {
            Protocols = SocketProtocols.Tcp | SocketProtocols.Udp,
            IPv4 = false,
            States = 1u << 10,
            Bound = true,
        };
        var narrowed = Pushdown("protocol tcp,sctp and state listen,established and port 22").Narrow(query);
        Assert.Equal(SocketProtocols.Tcp, narrowed.Protocols);
        Assert.Equal(1u << 10, narrowed.States);
        Assert.False(narrowed.IPv4);
        Assert.True(narrowed.IPv6);
        Assert.False(narrowed.Bound);
        Assert.False(narrowed.Bytecode.IsEmpty);
        Assert.Equal(query, Pushdown("").Narrow(query));
    }

    [Theory]
    [InlineData(500, "dport")]
    [InlineData(20_000, "sport")]
    public void A_list_too_long_for_the_kernel_is_weakened_to_ranges(int count, string field)
    {
        var ports = string.Join(',', Enumerable.Range(1, count).Select(static i => i * 3));
        var program = Pushdown($"{field} {ports}").Bytecode;
        Assert.InRange(program.Length, 1, 1024);
        Assert.Null(KernelMachine.Audit(program.Span));
        var entry = new SocketEntry { LocalPort = 3, RemotePort = 3 };
        Assert.True(KernelMachine.Accepts(program.Span, entry));
        entry.LocalPort = entry.RemotePort = 65535;
        Assert.False(KernelMachine.Accepts(program.Span, entry));
    }

    [Fact]
    public void Of_a_filter_too_long_for_the_kernel_the_part_that_fits_is_kept()
    {
        var networks = string.Join(" or ", Enumerable.Range(0, 200).Select(static i => $"dst 10.{i}.0.0/16"));
        var program = Pushdown($"sport 22 and ({networks})").Bytecode;
        Assert.Equal("070c10000000000016000000", Convert.ToHexStringLower(program.Span));
        Assert.True(Pushdown(networks).Bytecode.IsEmpty);
    }

    private static FilterPushdown Pushdown(string filter) => SocketFilter.Parse([filter], FilterWorld.Names).Pushdown;
}
