using Portolan.Lab.Running;
using Portolan.Lab.Topology.Reading;
using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Connecting;
using Portolan.Scan.Formats;
using Portolan.Scan.Journal;
using Portolan.Scan.Probes.Payloads;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;
using Portolan.Tests.Scan.Connecting;

namespace Portolan.Tests.Lab.Scanning;

/// <summary>What services of a lab say first, heard by a connect scan of a host beside them, in virtual time.</summary>
public sealed class BannerTests : IDisposable
{
    private const string Server = "198.18.0.2";
    private const string Lab = """
        name: banners
        networks: { near: { prefix: 198.18.0.0/24, latency: 1ms } }
        hosts:
          scanner: { network: near, address: 198.18.0.1 }
          server:
            network: near
            address: 198.18.0.2
            ports:
              21: { service: ftp, banner: files of the lab }
              22: { service: ssh, version: Lab }
              25: { service: smtp, banner: ESMTP of the lab }
              80: http
              110: { service: pop3, banner: letters of the lab }
              143: { service: imap, banner: folders of the lab }
              3306: mysql
        """;

    private static readonly int[] Open = [21, 22, 25, 80, 110, 143, 3306];
    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-banners-").FullName;

    private static ScanSettings Settings => new()
    {
        Seed = 7,
        Tcp = TcpTechnique.Connect,
        Banners = true,
        Discovery = new DiscoverySettings { Skip = true },
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Each_service_is_heard_and_what_says_nothing_has_no_banner()
    {
        var facts = Run(Settings);
        Assert.True(facts.End.IsComplete, facts.End.Incomplete);
        Assert.All(
            Open,
            port => Assert.Equal(
                (PortState.Open, Evidence.Handshake), (facts.Port(Server, port).State, facts.Port(Server, port).Evidence)));
        AssertBanners(facts);
        Assert.Equal(PortState.Closed, facts.State(Server, 81));

        // Five seconds for who says nothing; all wait together.
        Assert.InRange(facts.Elapsed.TotalSeconds, 5, 8);
    }

    [Fact]
    public void Nobody_waits_where_it_is_not_asked_for()
    {
        var facts = Run(Settings with { Banners = false });
        Assert.All(Open, port => Assert.True(facts.Port(Server, port).Banner.IsEmpty));
        Assert.InRange(facts.Elapsed.TotalSeconds, 0, 2);
    }

    [Fact]
    public void A_rate_and_a_number_of_connections_hold_for_banners_too()
    {
        var most = 0;
        var facts = Run(
            Settings with { Timing = new TimingSettings { MaxParallelism = 1 } }, onOutcome: inFlight => most = Math.Max(most, inFlight));
        AssertBanners(facts);
        Assert.Equal(1, most);
    }

    /// <summary>One connection at a time: the silent port takes 5 s, the others one each.</summary>
    [Trait("Quick", "no")]
    [Fact]
    public void Progress_tells_the_ports_that_are_done_and_those_that_are_known()
    {
        var facts = Run(Settings with { Timing = new TimingSettings { MaxParallelism = 1 } });
        var told = facts.ProgressTold.Where(static p => p.Stage == "banners").ToList();
        Assert.True(told.Count > 10);
        Assert.All(told, static p => Assert.Equal(Open.Length, p.OpenPorts));
        Assert.InRange(told[0].Done, 0, 0.2);
        Assert.Equal(told.Select(static p => p.Done).Order(), told.Select(static p => p.Done));
        Assert.True(told.Select(static p => p.Done).Distinct().Count() >= 5);
        Assert.All(told.SkipLast(1), static p => Assert.True(p.Remaining > TimeSpan.Zero));
    }

    /// <summary>The journal of a scan that was done keeps them: a run that reads it tells the same.</summary>
    [Fact]
    public void A_journal_keeps_them()
    {
        var path = Path.Combine(_folder, "journal");
        using var topology = new Stage();
        var settings = Settings;
        var plan = topology.Plan;
        using (var journal =
            ScanJournal.Create(path, new JournalHeader(["scan"], "/", DateTimeOffset.UnixEpoch, ScanMode.Connect, settings.Seed, plan)))
        {
            using var interrupt = new CancellationTokenSource();
            var first =
                topology.Scan(settings, plan, journal, interrupt.Token, port => _ = port.Port.Port.Value == 3306 ? Cancel(interrupt) : 0);
            Assert.False(first.End.IsComplete);
        }

        using var resumed = ScanJournal.Resume(path);

        // Nobody asks again: what is told comes from the file.
        AssertBanners(topology.Scan(settings with { Banners = false }, resumed.Header.Plan, resumed, CancellationToken.None));
    }

    private static int Cancel(CancellationTokenSource source)
    {
        source.Cancel();
        return 0;
    }

    private static void AssertBanners(ScanFacts facts)
    {
        Assert.Equal("SSH-2.0-Lab", Banner(facts, 22));
        Assert.Equal("220 files of the lab", Banner(facts, 21));
        Assert.Matches("^220 .* ESMTP of the lab$", Banner(facts, 25));
        Assert.Null(Banner(facts, 80));
        Assert.Equal("+OK letters of the lab", Banner(facts, 110));
        Assert.Matches(@"^\* OK \[CAPABILITY .*\] folders of the lab$", Banner(facts, 143));
        Assert.Matches(@"^.\\x00\\x00\\x00\\x0A[0-9.]+", Banner(facts, 3306));
    }

    private static string? Banner(ScanFacts facts, int port) => BannerText.Of(facts.Port(Server, port).Banner.Span);

    private static ScanFacts Run(ScanSettings settings, Action<int>? onOutcome = null)
    {
        using var stage = new Stage { OnOutcome = onOutcome };
        return stage.Scan(settings, stage.Plan, null, CancellationToken.None);
    }

    private sealed class Stage : IDisposable
    {
        private readonly VirtualNetwork _lab = new(TopologyReader.Read(Lab, "banners").OrThrow("the topology"), new VirtualNetworkOptions
        {
            Seed = 3,
            IsVirtualTime = true,
        });

        internal Action<int>? OnOutcome { get; init; }

        internal TargetPlan Plan { get; } = SimulatedScan.Plan(Server, "21,22,25,80,81,110,143,3306", Settings);

        internal ScanFacts Scan(
            ScanSettings settings, TargetPlan plan, ScanJournal? journal, CancellationToken cancellation, Action<PortResult>? onPort = null)
        {
            var facts = new ScanFacts { OnPort = onPort };
            using IGroupProber ports = Prober(settings);
            using IGroupProber prober = settings.Banners ? new HandshakeProber(ports, Prober(settings)) : ports;
            new ScanRun
            {
                Plan = plan,
                Settings = settings,
                Prober = prober,
                Observers = [facts],
                Clock = _lab.Time,
                Why = "a test",
                Journal = journal,
            }.Run(cancellation);
            return facts;
        }

        public void Dispose() => _lab.DisposeAsync().AsTask().GetAwaiter().GetResult();

        private ConnectProber Prober(ScanSettings settings) =>
            new(() => new Counting(new LabConnector(_lab, "scanner"), OnOutcome), 1, settings, _lab.Time, new UdpPayloads(settings.Seed));
    }

    /// <summary>Counts what is in flight.</summary>
    private sealed class Counting(IConnector inner, Action<int>? onStart) : IConnector
    {
        private int _inFlight;

        public int Capacity => inner.Capacity;

        public string Description => inner.Description;

        public ConnectStart TryStart(in ConnectAttempt attempt)
        {
            var start = inner.TryStart(attempt);
            onStart?.Invoke(++_inFlight);
            return start;
        }

        public int Complete(Span<ConnectOutcome> outcomes, TimeSpan timeout)
        {
            var count = inner.Complete(outcomes, timeout);
            foreach (var outcome in outcomes[..count])
            {
                _inFlight -= outcome.IsListening ? 0 : 1;
            }

            return count;
        }

        public void Dispose() => inner.Dispose();
    }
}
