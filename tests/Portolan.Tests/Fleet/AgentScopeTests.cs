using Portolan.Fleet.Agent;
using Portolan.Fleet.Jobs;
using Portolan.Fleet.Messages;
using Portolan.Lab.Running;
using Portolan.Lab.Topology.Reading;
using Portolan.Model;
using Portolan.Scan.Engine.Raw;
using Portolan.Scan.Results;

namespace Portolan.Tests.Fleet;

/// <summary>An agent probes what its own scope permits, and says of the rest that it did not.</summary>
public sealed class AgentScopeTests
{
    private const string Lab =
        """
        name: scope
        vantage: { network: net, address: 198.18.0.250 }
        networks: { net: 198.18.0.0/24 }
        hosts:
          web: { address: 198.18.0.10, ports: [http] }
          db: { address: 198.18.0.200, ports: [http] }
        """;

    [Theory]
    [InlineData("198.18.0.10", 80, true)]
    [InlineData("198.18.0.66", 80, false)]
    [InlineData("198.19.0.10", 80, false)]
    [InlineData("198.18.0.10", 9100, false)]
    [InlineData("198.18.0.10", 9107, false)]
    [InlineData("198.18.0.10", 9108, true)]
    [InlineData("2001:db8::7", 22, true)]
    [InlineData("2001:db9::7", 22, false)]
    public void It_is_networks_without_excludes_and_ports_without_printers(string address, int port, bool permitted)
    {
        var scope = Scope(["198.18.0.0/24", "2001:db8::/32"], ["198.18.0.64/26"]);
        Assert.Equal(
            permitted,
            scope.Permits(
                InternetAddress.TryParse(address, out var a) ? a : throw new FormatException(),
                new ProbePort(TransportProtocol.Tcp, new PortNumber((ushort)port))));
    }

    [Fact]
    public void Printers_ports_are_on_when_the_scope_says_so() =>
        Assert.True(new AgentScope([], [], PortSet.All(), withPrinterPorts: true, null).Ports.Contains(new PortNumber(9100)));

    [Fact]
    public async Task What_is_out_of_scope_is_neither_probed_nor_closed()
    {
        var spec = new JobSpec { Targets = ["198.18.0.10", "198.18.0.200"], Tcp = "79-81", Seed = 3, SkipsDiscovery = true };
        var (batches, sent) = await ScanAsync(spec, Scope(["198.18.0.0/25"], []), isDiscovery: false);
        var (order, codes) = (OrderOf(spec), Codes(batches));
        Assert.Equal(6, codes.Count);
        for (var position = 0; position < codes.Count; position++)
        {
            var (address, port) = order.ProbeAt(position);
            var expected = address.ToString() == "198.18.0.200" ? (PortState.Unknown, true)
                : (port.Port.Value == 80 ? PortState.Open : PortState.Closed, false);
            Assert.Equal(expected, (ProbeCode.StateOf(codes[position]), codes[position] == ProbeCode.OutOfScope));
        }

        Assert.InRange(sent, 3, 20);
    }

    [Fact]
    public async Task Found_ports_are_rows_and_closed_ones_only_codes()
    {
        var spec = new JobSpec { Targets = ["198.18.0.10", "198.18.0.200"], Tcp = "1-100", Seed = 3, SkipsDiscovery = true };
        var (batches, _) = await ScanAsync(spec, Scope(["198.18.0.0/24"], []), isDiscovery: false);
        var rows = batches.SelectMany(static b => b.Ports).ToList();
        var order = OrderOf(spec);
        Assert.Equal(["198.18.0.10 80", "198.18.0.200 80"], rows.Select(r => order.ProbeAt(r.At)).Select(
            static p => $"{p.Address} {p.Port.Port.Value}").Order(StringComparer.Ordinal));
        Assert.Equal(198, Codes(batches).Count(static c => ProbeCode.StateOf(c) == PortState.Closed));
    }

    [Fact]
    public async Task Discovery_finds_the_hosts_that_are_up()
    {
        var spec = new JobSpec { Targets = ["198.18.0.0/26", "198.18.0.192/26"], Tcp = "80", Seed = 3 };
        var (batches, _) = await ScanAsync(spec, Scope(["198.18.0.0/25"], []), isDiscovery: true);
        var plan = JobPlan.Of(spec);
        var codes = Codes(batches);
        Assert.Equal("198.18.0.10", plan.AddressOf(plan.HostAt(Assert.Single(batches.SelectMany(static b => b.Hosts)).At)).ToString());
        Assert.Equal(64, codes.Count(static c => c == ProbeCode.OutOfScope));
        Assert.Equal(63, codes.Count(static c => ProbeCode.StateOf(c) == PortState.Closed));
    }

    private static AgentScope Scope(string[] networks, string[] excludes) =>
        new(networks.Select(Prefix), excludes.Select(Prefix), PortSet.All(), withPrinterPorts: false, maxRate: 1000);

    private static AddressPrefix Prefix(string text) =>
        AddressPrefix.TryParse(text, out var prefix) ? prefix : throw new FormatException(text);

    private static GroupOrder OrderOf(JobSpec spec)
    {
        var plan = JobPlan.Of(spec);
        return new GroupOrder(plan, 0, plan.HostsAt(0, (int)plan.HostCount));
    }

    private static List<byte> Codes(IEnumerable<PieceBatch> batches)
    {
        var codes = new List<byte>();
        foreach (var batch in batches)
        {
            Assert.Equal(codes.Count, batch.From);
            codes.AddRange(ProbeCode.Unpack(batch.Codes, (int)(batch.To - batch.From)));
        }

        return codes;
    }

    private static async Task<(IReadOnlyList<PieceBatch> Batches, long Sent)> ScanAsync(
        JobSpec spec, AgentScope scope, bool isDiscovery)
    {
        var topology = TopologyReader.Read(Lab, "test").OrThrow("the topology");
        await using var lab = new VirtualNetwork(topology, new VirtualNetworkOptions
        {
            Seed = 1,
            IsVirtualTime = true,
        });
        var vantage = lab.OpenVantage();
        var scanner = new ChunkScanner(
            scope, ScanMode.Raw, (settings, _) => new RawProber(vantage, lab.Time, settings, new RawProberOptions()), lab.Time);
        var plan = JobPlan.Of(spec);
        var work = new ChunkWork
        {
            Spec = spec.ToBytes(),
            IsDiscovery = isDiscovery,
            HostCount = (int)plan.HostCount,
            From = 0,
            To = isDiscovery ? plan.HostCount : plan.HostCount * plan.Ports.Count,
        };
        var batches = scanner.Scan(new ChunkOrder(work), work, work.From, work.To, Assert.Fail, TestContext.Current.CancellationToken);
        return (batches, vantage.SentCount);
    }
}
