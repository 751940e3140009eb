using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;
using Portolan.Tests.Lab.Scanning;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Engine;

/// <summary>Ports that ICMP errors refuse, of which a host sends one a second: RSTs beside them say nothing of that limit.</summary>
public sealed class IcmpLimitTests
{
    private const string Host = "198.18.0.2";
    private static readonly int[] Rejected = [100, 200, 300, 400, 500, 700, 800];

    private static readonly ProbePort[] SevenPorts =
        [.. Rejected.Select(static port => new ProbePort(TransportProtocol.Tcp, new PortNumber((ushort)port)))];

    public static TheoryData<TcpTechnique> Techniques => [TcpTechnique.Fin, TcpTechnique.Null, TcpTechnique.Xmas];

    [Theory]
    [MemberData(nameof(Techniques))]
    public void Seven_rejected_ports_scanned_twice_back_to_back_stay_filtered(TcpTechnique technique)
    {
        using var lab = new ScanLab(Lines(string.Join(',', Rejected)));
        for (var run = 1; run <= 2; run++)
        {
            var scan = lab.Scan(Settings(technique), [Host], SevenPorts);

            Assert.All(Rejected, port => Assert.Equal((run, PortState.Filtered), (run, scan.State(Host, port))));
            Assert.Equal(0, scan.End.Losses!.Ports.Bound);
        }
    }

    [Fact]
    public void Ports_that_answer_with_RST_do_not_vouch_for_ICMP_errors() => Fuzz.Run(3, (_, seed) =>
    {
        // A third is refused by RST, a third by ICMP errors, and more of these than anybody waits for.
        const int Ports = 600;
        using var lab = new ScanLab(Lines(ScanLab.Ports(Ports, static port => port % 3 != 0)), seed);

        var scan = lab.Scan(Settings(TcpTechnique.Fin, seed), [Host], ScanLab.Tcp(1, Ports));

        var wrong = scan.Count(PortState.OpenFiltered);
        var losses = scan.End.Losses!;
        Assert.InRange(wrong, 100, 2 * Ports / 3);
        Assert.Equal(1, losses.Limits.Hosts);
        Assert.Equal(wrong, losses.Limits.UnsettledPorts);
        Assert.True(losses.Ports.Bound is null || losses.Ports.Bound >= (double)wrong / Ports, $"{losses.Ports}");
    });

    [Fact]
    public void Ports_that_are_silent_beside_rejected_ones_are_told_from_them()
    {
        using var lab = new ScanLab(
            $"host: {{ address: {Host}, icmp-rate: 1, ports: {{ "
            + "\"100,200,300,400\": reject with port-unreachable, \"500,700\": filtered, 800: open } }");

        var scan = lab.Scan(Settings(TcpTechnique.Fin), [Host], [.. SevenPorts, new ProbePort(TransportProtocol.Tcp, new PortNumber(900))]);

        Assert.Equal(
            "100 filtered, 200 filtered, 300 filtered, 400 filtered, 500 open|filtered, 700 open|filtered, 800 open|filtered, 900 closed",
            string.Join(", ", Rejected.Append(900).Select(port => $"{port} {scan.State(Host, port).Name()}")));
    }

    private static string Lines(string rejected) =>
        $"host: {{ address: {Host}, icmp-rate: 1, ports: {{ \"{rejected}\": reject with port-unreachable }} }}";

    private static ScanSettings Settings(TcpTechnique technique, int seed = 1) =>
        new() { Seed = (ulong)seed, Tcp = technique, Discovery = new DiscoverySettings { Skip = true } };
}
