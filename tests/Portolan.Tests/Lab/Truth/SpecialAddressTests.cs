using Portolan.Lab.Running;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Reading;
using Portolan.Lab.Truth;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Engine;
using Portolan.Tests.Lab.Running;
using Portolan.Tests.Lab.Scanning;

namespace Portolan.Tests.Lab.Truth;

/// <summary>
/// Addresses that are no host's: broadcast and network addresses, those of routers, addresses that nobody has. What the truth says of them
/// is what the running lab answers, to TCP, UDP and echo requests.
/// </summary>
public sealed class SpecialAddressTests
{
    private const string Text =
        """
        name: special
        networks:
          office: [198.18.0.0/24, 2001:db8:1::/64]
          servers: [198.18.1.0/24, 2001:db8:2::/64]
          guarded: [198.18.2.0/28, 2001:db8:3::/64]
          link: 198.18.3.0/31
          alone: 198.18.4.0/24
        routers:
          gateway:
            networks:
              office: [198.18.0.1, 2001:db8:1::1]
              servers: [198.18.1.1, 2001:db8:2::1]
              link: 198.18.3.0
            firewall: { rules: [reject with host-unreachable udp to guarded port 80, reject with tcp-reset tcp to servers port 23] }
            forward: [tcp 8080 to web:80]
          inner:
            networks: { servers: [198.18.1.2, 2001:db8:2::2], guarded: [198.18.2.1, 2001:db8:3::1] }
            firewall: { rules: [reject with admin-prohibited tcp to guarded port 23, drop udp to guarded port 53] }
        hosts:
          web: { address: [198.18.1.10, 2001:db8:2::10], ports: [http, dns/udp] }
          inside: { address: [198.18.2.2, 2001:db8:3::2], ports: [http] }
          far: 198.18.4.10
        vantage: { network: office, address: [198.18.0.250, 2001:db8:1::250] }
        """;

    private static readonly PortSet Ports = PortSet.Parse("23,53,80,8080");

    public static TheoryData<string> Labs => [.. LabLibrary.Names.Where(static n => n != "campus").Prepend("special")];

    public static TheoryData<ProbeType> Types => [ProbeType.Syn, ProbeType.Ack, ProbeType.Fin, ProbeType.Connect, ProbeType.Udp];

    [Trait("Quick", "no")]
    [Theory, MemberData(nameof(Types))]
    public async Task What_the_truth_says_of_addresses_that_are_no_hosts_is_what_a_scan_finds(ProbeType type)
    {
        var settings = new ScanSettings
        {
            Seed = 1,
            Tcp = type.IsUdp ? TcpTechnique.None : type.Technique,
            Udp = type.IsUdp,
            Discovery = new DiscoverySettings { Skip = true },
        };
        var (wrong, count) = (new List<string>(), 0);
        foreach (var (name, topology) in All())
        {
            var truth = LabTruth.Create(topology);
            var addresses = Special(truth);
            count += addresses.Count;
            var scan = type.Technique == TcpTechnique.Connect && !type.IsUdp
                ? await LabScan.ConnectAsync(topology, 1, settings, addresses, Ports)
                : await LabScan.RunAsync(topology, 1, settings, addresses, Ports);
            wrong.AddRange(scan.Differences(truth, type, addresses, Ports).Select(difference => $"{name}: {difference}"));
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} differ:\n{string.Join('\n', wrong.Take(40))}");
        Assert.True(count > 60);
    }

    [Theory, MemberData(nameof(Labs))]
    public async Task What_the_truth_says_of_echo_requests_is_what_is_answered(string name)
    {
        var topology = All().First(lab => lab.Name == name).Topology;
        var truth = LabTruth.Create(topology);
        List<InternetAddress> addresses = [
            .. Special(truth), .. truth.Spans.Where(static s => s.Role == AddressRole.Host).Select(static s => s.Addresses.First)];
        await using var lab = new VirtualNetwork(topology, new VirtualNetworkOptions { IsVirtualTime = true });
        using var vantage = new RawVantage(lab, truth.Spans[0].Addresses.First);
        foreach (var address in addresses.Where(static a => a.IsIPv4))
        {
            vantage.Send(RawVantage.Echo(vantage.Address, address));
            var answered = vantage.Receive(TimeSpan.FromSeconds(5)).Exists(packet =>
                Ipv4Packet.TryRead(packet, out var ip) && ip.Source == address && IcmpMessage.TryRead(ip.Payload, out var message)
                    && message.Type == IcmpType.EchoReply);
            Assert.True(truth.TryFind(address, out var span));
            Assert.True(
                answered == truth.AnswersPing(span),
                $"{address} ({span.Role}): {(answered ? "answered" : "silent")}, the truth says otherwise");
        }
    }

    [Theory]
    [InlineData("255.255.255.255")]
    [InlineData("224.0.0.1")]
    [InlineData("239.1.2.3")]
    [InlineData("203.0.113.1")]
    [InlineData("0.0.0.0")]
    public async Task What_is_no_address_of_the_lab_has_no_truth(string text)
    {
        var topology = Special();
        var address = LabStories.Address(text);
        Assert.Null(LabTruth.Create(topology).PortOf(address, ProbeType.Syn, new PortNumber(80)));
        await using var lab = new VirtualNetwork(topology, new VirtualNetworkOptions { IsVirtualTime = true });
        using var vantage = new RawVantage(lab, LabStories.Address("198.18.0.1"));
        vantage.Send(
            RawVantage.Tcp(vantage.Address, address, 40_000, 80, TcpFlags.Syn),
            RawVantage.Udp(vantage.Address, address, 40_000, 80, [1]),
            RawVantage.Echo(vantage.Address, address));
        var answers = vantage.Receive(TimeSpan.FromSeconds(5));

        // Of an address elsewhere the router says that there is no way; to many, and to nobody, nobody answers.
        Assert.Equal(text == "203.0.113.1" ? 3 : 0, answers.Count);
    }

    private static LabTopology Special() => TopologyReader.Read(Text).OrThrow("text");

    private static IEnumerable<(string Name, LabTopology Topology)> All() =>
        LabLibrary.Names.Where(static n => n != "campus").Select(static n => (n, LabLibrary.Load(n))).Prepend(("special", Special()));

    /// <summary>The first and the last address of each network, those of routers, and one that nobody has.</summary>
    private static List<InternetAddress> Special(LabTruth truth)
    {
        var ends = truth.Topology.Networks.SelectMany(static n => n.Prefixes).SelectMany(static p => new[] { p.Address, p.Last });
        var others =
            truth.Spans.Where(static s => s.Role is AddressRole.Router or AddressRole.Nobody).Select(static s => s.Addresses.First);
        return [.. ends.Concat(others).Distinct().Where(a => truth.TryFind(a, out var span) && span.Role != AddressRole.Vantage)];
    }
}
