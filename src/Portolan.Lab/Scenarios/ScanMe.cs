using System.Globalization;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Scenarios.Scanning;
using Portolan.Lab.Topology;
using Portolan.Lab.Truth;
using Portolan.Packets;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// One host of each kind that a scanner must tell apart, over a link that loses packets: Portolan's scanner against the truth, which is
/// computed from the topology alone.
/// </summary>
internal sealed class ScanMe : IScenario
{
    private const double Loss = 0.05;

    /// <summary>The longest ladder.</summary>
    private const int MostRungs = 16;

    private static readonly PortSet TcpPorts = PortSet.Parse("1-200,443");

    private static readonly PortSet UdpPorts = PortSet.Parse("1-20,53,161");

    public string Name => "scan-me";

    public string Summary => "Portolan's scanner finds the right state of every port, though every twentieth packet is lost";

    /// <inheritdoc/>
    public LabTopology Prepare(LabTopology topology) => topology with
    {
        Networks = [.. topology.Networks.Select(
            n => n.Name == topology.ResolveVantage().Network
                ? n with { Quality = n.Quality with { Loss = Loss, Latency = TimeSpan.FromMilliseconds(5) } }
                : n)],
    };

    public async Task PlayAsync(ScenarioStage stage)
    {
        var truth = LabTruth.Create(stage.Network.Topology);
        List<InternetAddress> addresses = [.. truth.Spans.Where(static s => s.Role is AddressRole.Host).SelectMany(
            static s => Enumerable.Range(0, (int)s.Addresses.Count).Select(i => s.Addresses.First.Plus((ulong)i)))];
        await stage.StepAsync(
            $"{addresses.Count} hosts, one of each kind that a scanner must tell apart: open, closed, filtered, refusing with each ICMP "
                + $"error, answering everything, a SYN proxy, "
            + "a tarpit, and some that answer only so often a second. What a perfect scanner would say of each port is known: it is "
            + "computed from the topology, without a packet.");
        stage.Show("the truth of TCP ports", ScanTable.TruthLines(truth, addresses, TcpPorts));
        stage.ExpectEqual(0, stage.Packets.Count, "the number of packets that the truth takes");

        await ScanAsync(
            stage, truth, addresses, ProbeType.Syn, TcpPorts, [("open", 80), ("closed", 80), ("silent", 80)],
            $"Portolan's scanner sends SYNs to {TcpPorts.Count} TCP ports of each host. Its link loses {Loss * 100:0} % of all packets in "
                + $"each direction. Silence may be a lost packet, so it asks again where "
            + "an answer is missing. It also asks some ports again that have answered: their losses show how much the network loses, and "
                + "when to stop. The ladder shows port 80 of three hosts.");
        await ScanAsync(
            stage, truth, addresses, ProbeType.Udp, UdpPorts, [("datagrams", 7), ("datagrams", 9), ("datagrams", 10)],
            $"The same with datagrams, to {UdpPorts.Count} UDP ports. An open UDP port need not answer, so silence means open|filtered. A "
                + $"closed one answers with an ICMP error, and hosts "
            + "limit how many of those they send: the scanner must notice that, and go slowly. The ladder shows a port that answers, one "
            + "that is open and silent, and a closed one.");
        CheckPatience(stage);
    }

    private static async Task ScanAsync(
        ScenarioStage stage, LabTruth truth, List<InternetAddress> addresses, ProbeType type, PortSet ports,
        (string Host, int Port)[] drawn, string sentence)
    {
        await stage.StepAsync(sentence);
        stage.DrawOnly(p => drawn.Any(d => IsAbout(p, stage.AddressOf(d.Host), d.Port)));
        stage.ShowPackets(MostRungs);
        var scan = await StageScan.RunAsync(stage, addresses, ports, type.Protocol);
        var table = new ScanTable(stage.Network.Directory, truth, scan, type);
        foreach (var address in addresses)
        {
            table.Add(address, ports);
        }

        var lost = stage.Packets.Count(static p => p.Fate == WireOutcome.Lost);
        stage.Show("what the scanner found", table.Lines);
        stage.Show("the scan", string.Create(
            CultureInfo.InvariantCulture,
            $"{scan.End.ProbesSent} probes, {scan.End.Retries} of them repeated; {lost} packets lost; {scan.End.Elapsed.TotalSeconds:0.0} "
                + $"s of the lab's time"));
        stage.Expect(lost > 0 && scan.End.Retries > 0, "packets were lost, and probes repeated");
        stage.ExpectEqual(addresses.Count * ports.Count, table.Judged + table.Varying, "the number of ports that the scanner has judged");
        stage.Expect(table.Judged > table.Varying * 10, "only those of one host vary, and are left out");
        stage.Expect(
            table.Wrong.Count == 0, "every other state is the true one: 100 %",
            $"{table.Wrong.Count} are not: {string.Join("; ", table.Wrong.Take(5))}");
    }

    /// <summary>Whether a packet is for a port of a host, or its answer, or an ICMP error about it.</summary>
    private static bool IsAbout(PacketRecord packet, InternetAddress host, int port) =>
        PacketHeads.TryRead(packet.Bytes, out var heads)
        && (heads.HasPorts
            ? (heads.Destination == host && heads.DestinationPort == port) || (heads.Source == host && heads.SourcePort == port)
            : heads.Source == host && IcmpMessage.TryRead(heads.Payload, out var message)
                && QuotedPacket.TryRead(message.Quoted, out var about) && about.DestinationPort == port);

    /// <summary>The host that sends ten ICMP errors a second did so, and the scanner waited for all of them.</summary>
    private static void CheckPatience(ScenarioStage stage)
    {
        List<PacketRecord> errors =
        [
            .. stage.Packets.Where(
                p => p.From == "patient" && PacketHeads.TryRead(p.Bytes, out var heads) && heads.Protocol == IpProtocol.Icmp),
        ];
        var span = errors.Count == 0 ? TimeSpan.Zero : errors[^1].Time - errors[0].Time;
        stage.Expect(
            errors.Count >= UdpPorts.Count - 2 && span >= TimeSpan.FromSeconds(1),
            "the host patient sends ten errors a second, so the scanner has waited more than a second for them",
            $"{errors.Count} errors within {span.TotalSeconds:0.0} s");
    }
}
