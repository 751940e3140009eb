using System.Diagnostics;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Connecting;
using Portolan.Scan.Engine.Raw;
using Portolan.Scan.Journal;
using Portolan.Scan.Probes.Payloads;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;
using Portolan.Tests.Lab.Scanning;
using Scans = Portolan.Tests.Scan.Connecting.SimulatedScan;

namespace Portolan.Tests.Scan.Connecting;

/// <summary>Packets find the ports of a lab, connections of a simulated network complete the handshakes.</summary>
public sealed class HandshakeProberTests : IDisposable
{
    private const int Hosts = 3;
    private const int Ports = 300;
    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-journal-").FullName;

    private static ScanSettings Settings => new() { Seed = 11, Timing = new TimingSettings { MaxHostGroup = 2, MaxRetries = 1 } };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Open_ports_are_told_once_with_what_their_handshake_showed()
    {
        var seen = Run(Settings, Plan(Settings), Answers(1));
        Assert.Equal(Expected(), seen.Reported);
        Assert.Equal(Expected(), seen.Told);
        Assert.True(seen.End!.IsComplete, seen.End.Incomplete);
    }

    [Fact]
    public void Loss_on_the_way_of_handshakes_is_repeated_until_they_come_about()
    {
        var network = Answers(2);
        network.Loss = 0.05;
        var settings = Settings with { Timing = new TimingSettings { MaxRetries = 10 } };
        Assert.Equal(Expected(), Run(settings, Plan(settings), network).Reported);
    }

    [Fact]
    public void Hosts_that_connections_cannot_reach_keep_the_evidence_of_the_packet_and_a_warning_counts_their_ports()
    {
        var network = Answers(3);
        var seen = Run(Settings, Plan(Settings), network, mayConnect: static address => address != ScanLab.Address("198.18.0.3"));
        Assert.DoesNotContain(
            seen.Reported,
            static port => port.StartsWith("198.18.0.3", StringComparison.Ordinal) && port.EndsWith("Handshake", StringComparison.Ordinal));
        Assert.DoesNotContain(network.Attempts, static attempt => attempt.Address == ScanLab.Address("198.18.0.3"));
        var ofIt = Expected().Count(static port => port.StartsWith("198.18.0.3", StringComparison.Ordinal));
        Assert.Contains(
            seen.Warnings, warning => warning.StartsWith($"{ofIt} open port(s) belong to this host itself", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(30)]
    public void Interrupted_among_its_handshakes_and_resumed_it_finds_the_same(int after)
    {
        var settings = Settings;
        var plan = Plan(settings);
        var path = Path.Combine(_folder, "journal");
        using var journal =
            ScanJournal.Create(path, new JournalHeader(["scan"], "/", DateTimeOffset.UnixEpoch, ScanMode.Raw, settings.Seed, plan));
        using var interrupt = new CancellationTokenSource();
        var network = Answers(4);
        network.OnAttempt = count => _ = count == after ? Cancel(interrupt) : 0;
        var first = Run(settings, plan, network, journal, interrupt);
        Assert.False(first.End!.IsComplete);
        journal.Dispose();
        using var resumed = ScanJournal.Resume(path);
        var second = Run(settings, resumed.Header.Plan, Answers(5), resumed);
        Assert.Equal(Expected(), second.Reported);
    }

    [Trait("Quick", "no")]
    [Fact]
    public void Killed_at_any_time_among_its_handshakes_it_is_resumed_from_the_journal_of_that_moment_and_finds_the_same()
    {
        var settings = Settings;
        var plan = Plan(settings);
        var path = Path.Combine(_folder, "journal");
        using var journal =
            ScanJournal.Create(path, new JournalHeader(["scan"], "/", DateTimeOffset.UnixEpoch, ScanMode.Raw, settings.Seed, plan));
        var copies = new List<string>();
        var network = Answers(4);
        network.OnAttempt = count =>
        {
            // Seconds pass, so that the journal is written between attempts.
            network.Clock.AdvanceTo(network.Clock.Now + 300_000_000);
            if (count % 8 == 0)
            {
                copies.Add($"{path}-{count}");
                Copy(path, copies[^1]);
            }
        };
        Run(settings, plan, network, journal, clock: network.Clock);
        Assert.InRange(copies.Count, 5, 50);
        foreach (var copy in copies)
        {
            using var resumed = ScanJournal.Resume(copy);
            Assert.Equal(Expected(), Run(settings, resumed.Header.Plan, Answers(5), resumed).Reported);
        }
    }

    [Fact]
    public void What_fails_to_close_is_heard_of_after_all_else_is_closed()
    {
        var network = Answers(1);
        var beside = new Closing();
        var prober = new HandshakeProber(
            new Closing { Fails = true },
            new ConnectProber(() => new SimulatedConnector(network), 1, Settings, network.Clock, new UdpPayloads(1)))
        {
            Beside = [new Closing { Fails = true }, beside],
        };
        Assert.Throws<InvalidOperationException>(prober.Dispose);
        Assert.True(beside.IsClosed);
    }

    // A journal in use is locked for other opens of this process.
    private static void Copy(string from, string to)
    {
        using var copying = Process.Start("cp", [from, to]);
        copying.WaitForExit();
        Assert.Equal(0, copying.ExitCode);
    }

    private static int Cancel(CancellationTokenSource source)
    {
        source.Cancel();
        return 0;
    }

    private static TargetPlan Plan(ScanSettings settings) => Scans.Plan("198.18.0.2-4", $"1-{Ports}", settings);

    private static bool IsOpen(int host, int port) => port * host % 20 == 0;

    // A middlebox answers with SYN-ACK for these, and nobody is behind it.
    private static bool IsHollow(int port) => port % 3 == 0;

    private static SortedSet<string> Expected()
    {
        var expected = new SortedSet<string>(StringComparer.Ordinal);
        for (var host = 2; host < 2 + Hosts; host++)
        {
            for (var port = 1; port <= Ports; port++)
            {
                if (IsOpen(host, port))
                {
                    expected.Add($"198.18.0.{host} {port} {(IsHollow(port) ? Evidence.SynAck : Evidence.Handshake)}");
                }
            }
        }

        return expected;
    }

    private static SimulatedNetwork Answers(int seed) =>
        new(seed) { TruthOf = static (_, _, port) => IsHollow(port) ? Truth.Silent : Truth.Open };

    private static Seen Run(
        ScanSettings settings, TargetPlan plan, SimulatedNetwork network, ScanJournal? journal = null,
        CancellationTokenSource? interrupt = null, Func<InternetAddress, bool>? mayConnect = null,
        TimeProvider? clock = null)
    {
        using var lab = new ScanLab(string.Join('\n', Enumerable.Range(2, Hosts).Select(
            static host =>
                $"host{host}: {{ address: 198.18.0.{host}, ports: {{ \"{ScanLab.Ports(Ports, port => IsOpen(host, port))}\": open }} }}")));
        var handshakes = new ConnectProber(
            () => new SimulatedConnector(network), 1, settings, network.Clock, new UdpPayloads(settings.Seed))
        { MayConnect = mayConnect };
        using var prober = new HandshakeProber(new RawProber(lab.Vantage, lab.Time, settings), handshakes);
        var seen = new Seen();
        new ScanRun
        {
            Plan = plan,
            Settings = settings,
            Prober = prober,
            Observers = [seen],
            Clock = clock ?? lab.Time,
            Why = "a lab in the same process",
            Journal = journal,
        }.Run(interrupt?.Token ?? TestContext.Current.CancellationToken);
        return seen;
    }

    private sealed class Closing : IGroupProber
    {
        internal bool Fails { get; init; }

        internal bool IsClosed { get; private set; }

        public ScanMode Mode => ScanMode.Raw;

        public IReadOnlyList<string> Notes => [];

        public ProbeBalance Balance => default;

        public void Discover(HostGroup group, ProbeCursor from, IProbeWatch watch)
        {
        }

        public void Probe(HostGroup group, ProbeCursor from, IProbeWatch watch)
        {
        }

        public void Dispose()
        {
            IsClosed = true;
            if (Fails)
            {
                throw new InvalidOperationException("it cannot be closed");
            }
        }
    }

    private sealed class Seen : IScanObserver
    {
        internal SortedSet<string> Told { get; } = new(StringComparer.Ordinal);

        internal SortedSet<string> Reported { get; } = new(StringComparer.Ordinal);

        internal List<string> Warnings { get; } = [];

        internal ScanEnd? End { get; private set; }

        public void Started(ScanStart run)
        {
        }

        public void HostFound(HostResult host)
        {
        }

        public void PortFound(Target target, in PortResult port)
        {
            if (port.State == PortState.Open)
            {
                Assert.True(Told.Add(Words(target, port)));
            }
        }

        public void HostFinished(HostReport report) => report.ForEachPort(port =>
        {
            if (port.State == PortState.Open)
            {
                Assert.True(Reported.Add(Words(report.Host.Target, port)));
            }
        });

        public void Progress(ScanProgress progress)
        {
        }

        public void Warning(string message) => Warnings.Add(message);

        public void Ended(ScanEnd end) => End = end;

        private static string Words(Target target, in PortResult port) => $"{target.Address} {port.Port.Port} {port.Evidence}";
    }
}
