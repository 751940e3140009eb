using Portolan.Cli.Scanning.Live;
using Portolan.Packets.Links;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;
using Portolan.Tests.Lab.Scanning;
using Portolan.Tests.Scan.Connecting;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Engine;

/// <summary>What was not finished is part of every bound, however a run ends.</summary>
public sealed class UnfinishedTests
{
    private const int Ports = 1000;
    private const int Hosts = 200;

    /// <summary>What cuts a run short.</summary>
    public enum Ending
    {
        Signal,
        MaxTime,
        HostTimeout,
        DeadLink,
    }

    /// <summary>What a run looks for.</summary>
    public enum Way
    {
        Tcp,
        Udp,
        Hosts,
    }

    public static TheoryData<Ending, Way> Endings
    {
        get
        {
            var all = new TheoryData<Ending, Way>();
            foreach (var ending in Enum.GetValues<Ending>())
            {
                foreach (var way in Enum.GetValues<Way>())
                {
                    // No host's own time is limited while hosts are looked for.
                    if (ending != Ending.HostTimeout || way != Way.Hosts)
                    {
                        all.Add(ending, way);
                    }
                }
            }

            return all;
        }
    }

    [Fact]
    public void No_bound_is_lower_than_the_share_of_what_was_not_finished() => Fuzz.Run(500, (random, _) =>
    {
        long found = random.Next(0, 2000), silent = random.Next(0, 2000), unfinished = random.Next(1, 2000);
        double? asked = found == 0 || random.Next(5) == 0 ? null : random.Next(4) == 0 ? 0 : random.NextDouble();
        var figure = new MissFigure(found, silent, unfinished, 0, asked, null);

        Assert.Null(figure.Rate);
        if (asked is null)
        {
            Assert.Null(figure.Bound);
            return;
        }

        Assert.InRange(figure.Bound!.Value, (double)unfinished / (found + unfinished), 1);
        Assert.True(figure.Bound >= asked);
        Assert.Equal(asked, (figure with { Unfinished = 0 }).Bound);
    });

    [Theory]
    [MemberData(nameof(Endings))]
    public void A_scan_with_packets_counts_what_it_did_not_finish(Ending ending, Way way)
    {
        using var signal = new CancellationTokenSource();
        using var lab = new ScanLab(HostLines(way), alwaysFindsNeighbours: true) { Interrupt = signal.Token };
        var facts = new ScanFacts
        {
            OnProgress = progress =>
            {
                lab.Vantage.Failure = ending == Ending.DeadLink ? SendFailure.LinkDown : SendFailure.None;
                if (ending == Ending.Signal)
                {
                    signal.Cancel();
                }
            },
        };
        string[] addresses = way == Way.Hosts
            ? [.. Enumerable.Range(1, Hosts).Select(static number => $"198.51.100.{number}")]
            : ["198.18.0.2"];

        var ports = way == Way.Udp ? ScanLab.Udp(1, Ports) : ScanLab.Tcp(1, Ports);
        lab.Scan(Settings(ending, way, TcpTechnique.Syn), addresses, ports, facts);

        AssertUnfinished(facts.End, way);
    }

    [Theory]
    [MemberData(nameof(Endings))]
    public void A_scan_by_connections_counts_what_it_did_not_finish(Ending ending, Way way)
    {
        using var signal = new CancellationTokenSource();
        var isDead = false;
        var network = new SimulatedNetwork(1)
        {
            TruthOf = (_, _, port) => way == Way.Udp ? port % 2 == 0 ? Truth.Open : Truth.Silent : Truth.Closed,
            HasRoute = _ => !isDead,
        };
        network.OnAttempt = made =>
        {
            isDead = made >= 40 && ending == Ending.DeadLink;
            if (made >= 40 && ending == Ending.Signal)
            {
                signal.Cancel();
            }
        };

        var log = SimulatedScan.Run(
            network, way == Way.Hosts ? $"198.18.0.1-{Hosts}" : "198.18.0.2", $"1-{Ports}", Settings(ending, way, TcpTechnique.Connect),
            signal);

        AssertUnfinished(log.End!, way);
    }

    [Fact]
    public void Groups_that_were_never_begun_are_not_finished()
    {
        using var signal = new CancellationTokenSource();
        var network = new SimulatedNetwork(1)
        {
            OnAttempt = made =>
            {
                if (made == 150)
                {
                    signal.Cancel();
                }
            },
        };
        var settings = SimulatedScan.Settings() with { Timing = new TimingSettings { MaxHostGroup = 1, MaxRate = 1000 } };

        var ports = SimulatedScan.Run(network, "198.18.0.1-5", "1-100", settings, signal).End!.Losses!.Ports;

        Assert.Equal(500, ports.Found + ports.Unfinished);
        Assert.InRange(ports.Found, 100, 151);
        Assert.Equal((double)ports.Unfinished / 500, ports.Bound!.Value, 1e-9);
    }

    private static string HostLines(Way way) => way switch
    {
        Way.Tcp => "host: { address: 198.18.0.2 }",
        Way.Udp => "host: { address: 198.18.0.2, default: filtered, ports: { \""
            + $"{ScanLab.Ports(Ports, static port => port % 2 == 0)}/udp\": echo }} }}",
        _ => string.Join('\n', Enumerable.Range(1, Hosts).Select(static number => $"host{number}: {{ address: 198.51.100.{number} }}")),
    };

    private static ScanSettings Settings(Ending ending, Way way, TcpTechnique tcp) => new()
    {
        Seed = 1,
        Tcp = way == Way.Udp ? TcpTechnique.None : tcp,
        Udp = way == Way.Udp,
        DiscoveryOnly = way == Way.Hosts,
        Discovery = new DiscoverySettings { Skip = way != Way.Hosts },
        Timing = new TimingSettings
        {
            MaxRate = 100,
            MaxTime = ending == Ending.MaxTime ? TimeSpan.FromSeconds(1.2) : TimeSpan.Zero,
            HostTimeout = ending == Ending.HostTimeout ? TimeSpan.FromSeconds(1.2) : TimeSpan.Zero,
        },
    };

    private static void AssertUnfinished(ScanEnd end, Way way)
    {
        Assert.False(end.IsComplete);
        var (figure, planned) = way == Way.Hosts ? (end.Losses!.Hosts!, Hosts) : (end.Losses!.Ports, Ports);
        Assert.Same(figure, end.Losses.Whole);
        Assert.InRange(figure.Unfinished, 1, planned);
        Assert.Equal(planned, figure.Found + figure.Silent + figure.Unfinished);
        Assert.True(figure.Bound is null || figure.Bound >= (double)figure.Unfinished / (figure.Found + figure.Unfinished));
        var text = string.Join('\n', LossWording.Of(end));
        Assert.Contains($"Not finished: {figure.Unfinished} {(way == Way.Hosts ? "hosts" : "ports")}; ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("all answered", text, StringComparison.Ordinal);
    }
}
