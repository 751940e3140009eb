using Portolan.Lab.Running;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Reading;
using Portolan.Lab.Truth;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Raw;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Tests.Lab.Scanning;

/// <summary>
/// A lab in virtual time for whole scans with packets, from a host with an Ethernet interface; several scans may follow each other.
/// </summary>
internal sealed class ScanLab : IDisposable
{
    private readonly VirtualNetwork _network;

    /// <summary>Makes a lab of hosts, given as the lines below <c>hosts:</c>.</summary>
    /// <param name="hosts">Hosts in the networks near (198.18.0.0/16, 2001:db8::/64, where the scanner is) and far (198.51.100.0/24,
    /// 2001:db8:7::/64, behind a router).</param>
    /// <param name="seed">What all chance comes from.</param>
    /// <param name="loss">The chance that a packet is lost in the network near, each way.</param>
    /// <param name="alwaysFindsNeighbours">ARP and neighbour discovery are spared.</param>
    /// <param name="farLatency">How long a packet takes across the network far, in milliseconds.</param>
    /// <param name="resetsPerSecond">RSTs a second that each host sends; 0 for no limit.</param>
    /// <param name="packetsPerSecond">Packets a second that the network takes from the scanner; 0 for any number.</param>
    /// <param name="lossyHost">A host that loses more than the others.</param>
    /// <param name="lossOfLossyHost">The chance that it loses a packet, each way.</param>
    internal ScanLab(
        string hosts, int seed = 1, double loss = 0, bool alwaysFindsNeighbours = false, int farLatency = 0, double resetsPerSecond = 0,
        double packetsPerSecond = 0,
        string? lossyHost = null, double lossOfLossyHost = 0)
    {
        Topology = TopologyReader.Read(
            $$"""
            name: scan
            networks:
              near: { prefix: [198.18.0.0/16, 2001:db8::/64], latency: 150us, loss: {{100 * loss}}% }
              far: { prefix: [198.51.100.0/24, 2001:db8:7::/64], latency: {{farLatency}}ms }
            routers:
              gateway: { networks: { near: [198.18.255.254, "2001:db8::ffff"], far: [198.51.100.254, "2001:db8:7::ffff"] } }
            hosts:
            {{Indent(hosts)}}
            vantage: { network: near, address: [198.18.0.1, "2001:db8::1"] }
            """, "scan").OrThrow("the topology");
        _network = new VirtualNetwork(Topology, new VirtualNetworkOptions { Seed = (ulong)seed, IsVirtualTime = true });
        Vantage = new EthernetVantage(_network)
        {
            AlwaysFindsNeighbours = alwaysFindsNeighbours,
            ResetsPerSecond = resetsPerSecond,
            PacketsPerSecond = packetsPerSecond,
            LossyHost = lossyHost is null ? null : Address(lossyHost),
            LossOfLossyHost = lossOfLossyHost,
        };
        Truth = LabTruth.Create(Topology);
    }

    internal LabTopology Topology { get; }

    internal LabTruth Truth { get; }

    internal EthernetVantage Vantage { get; }

    /// <summary>Ends scans before their time.</summary>
    internal CancellationToken Interrupt { get; init; }

    internal TimeProvider Time => _network.Time;

    internal static ProbePort[] Tcp(int first, int last) =>
        [.. Numbers(first, last).Select(static port => new ProbePort(TransportProtocol.Tcp, port))];

    internal static ProbePort[] Udp(int first, int last) =>
        [.. Numbers(first, last).Select(static port => new ProbePort(TransportProtocol.Udp, port))];

    /// <summary>Ports as YAML has them: those that a condition holds for.</summary>
    internal static string Ports(int last, Func<int, bool> condition) => string.Join(',', Enumerable.Range(1, last).Where(condition));

    internal static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);

    /// <summary>Scans ports of addresses.</summary>
    internal ScanFacts Scan(
        ScanSettings settings, IReadOnlyList<string> addresses, IReadOnlyList<ProbePort> ports, ScanFacts? facts = null)
    {
        facts ??= new ScanFacts();
        using var prober = new RawProber(Vantage, Time, settings);
        new ScanRun
        {
            Plan = new ListedPlan([.. addresses.Select(Address)], new ProbePorts(ports)),
            Settings = settings,
            Prober = prober,
            Observers = [facts],
            Clock = Time,
            Why = "a lab in the same process",
        }.Run(Interrupt);
        return facts;
    }

    /// <summary>Every port that is to be judged has the state of its truth.</summary>
    internal void AssertTruth(ScanFacts facts, ProbeType type, IReadOnlyList<string> addresses, IReadOnlyList<ProbePort> ports) =>
        Assert.Empty(TruthDifferences.Find(Truth, type, [.. addresses.Select(Address)], ports.Select(static p => p.Port), facts.Of));

    public void Dispose() => _network.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static string Indent(string lines) => string.Join('\n', lines.Split('\n').Select(static line => "  " + line));

    private static IEnumerable<PortNumber> Numbers(int first, int last) =>
        Enumerable.Range(first, last - first + 1).Select(static port => new PortNumber((ushort)port));

    private sealed class ListedPlan(IReadOnlyList<InternetAddress> addresses, ProbePorts ports) : ITargetPlan
    {
        public ulong HostCount => (ulong)addresses.Count;

        public ulong ProbeCount => (ulong)addresses.Count * (ulong)ports.Count;

        public Target HostAt(ulong host) => new(addresses[(int)host], 0, null);

        public ProbePorts PortsOf(ulong host) => ports;
    }
}
