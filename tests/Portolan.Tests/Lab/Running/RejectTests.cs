using Portolan.Lab.Running;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Topology;
using Portolan.Lab.Truth;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Engine;
using Portolan.Tests.Lab.Scanning;

namespace Portolan.Tests.Lab.Running;

/// <summary>Every error that ports and rules may refuse with: what is on the wire, and what scanners make of it.</summary>
public sealed class RejectTests
{
    private const ushort First = 1000;

    /// <summary>
    /// The codes of ICMP and ICMPv6 (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443 section 3.1), and nmap's states for SYN and UDP of IPv4
    /// and IPv6.
    /// </summary>
    public static TheoryData<RefusalKind, byte, byte, string> Kinds => new()
    {
        { RefusalKind.NetworkUnreachable, 0, 0, "filtered filtered filtered filtered" },
        { RefusalKind.HostUnreachable, 1, 3, "filtered filtered filtered filtered" },
        { RefusalKind.ProtocolUnreachable, 2, 4, "filtered filtered filtered closed" },
        { RefusalKind.PortUnreachable, 3, 4, "filtered closed filtered closed" },
        { RefusalKind.SourceRouteFailed, 5, 0, "filtered open|filtered filtered filtered" },
        { RefusalKind.NetworkUnknown, 6, 0, "filtered open|filtered filtered filtered" },
        { RefusalKind.HostUnknown, 7, 3, "filtered open|filtered filtered filtered" },
        { RefusalKind.HostIsolated, 8, 0, "filtered open|filtered filtered filtered" },
        { RefusalKind.NetworkProhibited, 9, 1, "filtered filtered filtered filtered" },
        { RefusalKind.HostProhibited, 10, 1, "filtered filtered filtered filtered" },
        { RefusalKind.NetworkTypeOfService, 11, 0, "filtered open|filtered filtered filtered" },
        { RefusalKind.HostTypeOfService, 12, 3, "filtered open|filtered filtered filtered" },
        { RefusalKind.AdminProhibited, 13, 1, "filtered filtered filtered filtered" },
        { RefusalKind.PrecedenceViolation, 14, 1, "filtered open|filtered filtered filtered" },
        { RefusalKind.PrecedenceCutoff, 15, 1, "filtered open|filtered filtered filtered" },
        { RefusalKind.BeyondScope, 1, 2, "filtered filtered filtered filtered" },
        { RefusalKind.PolicyFailed, 13, 5, "filtered filtered filtered filtered" },
        { RefusalKind.RejectRoute, 1, 6, "filtered filtered filtered filtered" },
        { RefusalKind.TcpReset, 3, 4, "closed closed closed closed" },
    };

    [Fact]
    public void Every_kind_is_tested() =>
        Assert.Equal([.. Enum.GetValues<RefusalKind>().Order()], [.. Kinds.Select(static k => k.Data.Item1).Order()]);

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_port_and_a_rule_refuse_with_the_code_of_either_family(RefusalKind kind, byte code4, byte code6, string states)
    {
        Assert.Equal(4, states.Split(' ').Length);
        foreach (var (from, host, behind) in new[] { ("198.18.0.250", "198.18.0.20", "198.18.1.10"),
            ("2001:db8:1::fa", "2001:db8:1::20", "2001:db8:2::10") })
        {
            foreach (var (to, by) in new[] { (host, host), (behind, from == "198.18.0.250" ? "198.18.0.1" : "2001:db8:1::1") })
            {
                await using var lab = new VirtualNetwork(Topology(), new() { IsVirtualTime = true });
                using var vantage = new RawVantage(lab, SmallLab.Address(to));
                var (source, destination) = (SmallLab.Address(from), SmallLab.Address(to));
                vantage.Send(
                    RawVantage.Tcp(source, destination, 5000, (ushort)(First + (int)kind), TcpFlags.Syn),
                    RawVantage.Udp(source, destination, 5000, (ushort)(First + (int)kind), [1]));
                var replies = vantage.Receive(TimeSpan.FromSeconds(1));
                Assert.Equal(2, replies.Count);
                byte[] error = source.IsIPv4 ? [3, code4] : [1, code6];
                foreach (var reply in replies)
                {
                    Assert.True(PacketHeads.TryRead(reply, out var heads));
                    if (heads.Protocol == IpProtocol.Tcp)
                    {
                        Assert.Equal((RefusalKind.TcpReset, TcpFlags.Rst | TcpFlags.Ack, destination), (kind, heads.Flags, heads.Source));
                        continue;
                    }

                    Assert.Equal(error, heads.Payload[..2].ToArray());
                    Assert.Equal(SmallLab.Address(by), heads.Source);
                }
            }
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void The_truth_has_nmaps_state_for_each(RefusalKind kind, byte code4, byte code6, string states)
    {
        Assert.True(code4 <= 15 && code6 <= 6);
        var truth = LabTruth.Create(Topology());
        var port = new PortNumber((ushort)(First + (int)kind));
        string Of(string address, ProbeType type) => truth.PortOf(SmallLab.Address(address), type, port)!.State.Name();
        Assert.Equal(
            states,
            $"{Of("198.18.0.20", ProbeType.Syn)} {Of("198.18.0.20", ProbeType.Udp)} {Of("2001:db8:1::20", ProbeType.Syn)} "
                + $"{Of("2001:db8:1::20", ProbeType.Udp)}");
    }

    [Theory]
    [InlineData(TcpTechnique.Syn)]
    [InlineData(TcpTechnique.Ack)]
    [InlineData(TcpTechnique.Fin)]
    [InlineData(TcpTechnique.None)]
    public async Task A_scan_finds_the_truth_of_all_of_them(TcpTechnique technique)
    {
        var (topology, type) = (Topology(),
            technique == TcpTechnique.None ? ProbeType.Udp : new ProbeType(TransportProtocol.Tcp, technique));
        var addresses = new[] { "198.18.0.20", "2001:db8:1::20", "198.18.1.10", "2001:db8:2::10" }.Select(SmallLab.Address).ToList();
        var ports = PortSet.Parse($"{First}-{First + Kinds.Count}");
        var settings = new ScanSettings { Seed = 1, Tcp = technique, Udp = type.IsUdp, Discovery = new DiscoverySettings { Skip = true } };
        var scan = await LabScan.RunAsync(topology, 1, settings, addresses, ports);
        Assert.Empty(scan.Differences(LabTruth.Create(topology), type, addresses, ports));
    }

    /// <summary>
    /// A host on the vantage's side that refuses, and one behind a router that does, by port: 1000 and the kind's number.
    /// </summary>
    private static LabTopology Topology()
    {
        var kinds = Enum.GetValues<RefusalKind>();
        var small = SmallLab.Topology();
        PortSet Port(RefusalKind kind) => PortSet.Parse($"{First + (int)kind}");
        return small with
        {
            Hosts =
            [
                .. small.Hosts,
                SmallLab.Host("refuser", "left", "198.18.0.20", "2001:db8:1::20") with
                {
                    Ports = [.. kinds.SelectMany(
                        k => new[] { TransportProtocol.Tcp, TransportProtocol.Udp }.Select(
                            p => new PortRule(p, Port(k), new RejectedPort(k))))],
                },
            ],
            Routers =
            [
                small.Routers[0] with
                {
                    Rules =
                    [
                        .. kinds.SelectMany(k => new[] { TransportProtocol.Tcp, TransportProtocol.Udp }
                            .Select(p => new FirewallRule(new FirewallAction(FirewallActionKind.Reject, k), p, null, null, Port(k)))),
                    ],
                },
            ],
            Vantage = new VantageSpec("left", SmallLab.Address("198.18.0.250"), SmallLab.Address("2001:db8:1::fa")),
        };
    }
}
