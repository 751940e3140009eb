using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Raw;
using Portolan.Scan.Journal;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;
using Scans = Portolan.Tests.Scan.Connecting.SimulatedScan;

namespace Portolan.Tests.Lab.Scanning;

/// <summary>Traces over a lab in virtual time, and what a journal keeps of them.</summary>
public sealed class TraceTests : IDisposable
{
    private const string Hosts =
        """
        one: { address: 198.51.100.2, ports: { "80": open, "22": filtered } }
        two: { address: 198.51.100.3, ports: { "80": open } }
        six: { address: "2001:db8:7::2", ports: { "80": open } }
        beside: { address: 198.18.0.7, ports: { "80": open } }
        """;

    private static readonly ScanSettings Settings = new() { Seed = 5, Timing = new TimingSettings { MaxHostGroup = 1 } };

    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-trace-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Hosts_behind_a_router_have_two_hops_and_neighbours_one()
    {
        var (ways, _, _) = Run(Scans.Plan("198.51.100.2-3 2001:db8:7::2 198.18.0.7", "22,80", Settings), null, null);
        Assert.Equal(
            ["198.18.0.7: 198.18.0.7", "198.51.100.2: 198.18.255.254 198.51.100.2, 22 after 198.18.255.254 Adjacent",
                "198.51.100.3: 198.18.255.254 198.51.100.3", "2001:db8:7::2: 2001:db8::ffff 2001:db8:7::2"],
            ways.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Ways_that_were_traced_before_an_interruption_are_told_again_and_ports_are_not_probed_again()
    {
        var plan = Scans.Plan("198.51.100.2", "1-200", Settings);
        var (expected, _, _) = Run(plan, null, null);
        var path = Path.Combine(_folder, "scan.journal");
        using var interrupt = new CancellationTokenSource();
        var journal =
            ScanJournal.Create(path, new JournalHeader(["scan"], "/", DateTimeOffset.UnixEpoch, ScanMode.Raw, Settings.Seed, plan));

        // The first process ends when all ports are judged and the way is to be traced.
        var (_, first, sent) = Run(plan, journal, interrupt);
        journal.Dispose();
        Assert.False(first.IsComplete);
        Assert.True(sent >= 200);
        using var again = ScanJournal.Resume(path);
        var (ways, end, more) = Run(again.Header.Plan, again, null);
        Assert.True(end.IsComplete, end.Incomplete);
        Assert.Equal(expected, ways);
        Assert.InRange(more, 1, 50);
    }

    private static (List<string> Ways, ScanEnd End, long Sent) Run(
        TargetPlan plan, ScanJournal? journal, CancellationTokenSource? interruptAtTrace)
    {
        using var lab = new ScanLab(Hosts);
        using var prober = new RawProber(lab.Vantage, lab.Time, Settings);
        var observer = new Ways();
        var end = new ScanRun
        {
            Plan = plan,
            Settings = Settings,
            Prober = prober,
            Tracer = interruptAtTrace is null ? prober : new Interrupter(interruptAtTrace),
            Observers = [observer],
            Clock = lab.Time,
            Why = "a lab in the same process",
            Journal = journal,
        }.Run(interruptAtTrace?.Token ?? TestContext.Current.CancellationToken);
        return (observer.Found, end, prober.Balance.Sent);
    }

    private sealed class Interrupter(CancellationTokenSource interrupt) : IRouteTracer
    {
        public void Trace(HostGroup group, IProbeWatch watch) => interrupt.Cancel();
    }

    private sealed class Ways : IScanObserver
    {
        public List<string> Found { get; } = [];

        public void Started(ScanStart run)
        {
        }

        public void HostFound(HostResult host)
        {
        }

        public void PortFound(Target target, in PortResult port)
        {
        }

        public void HostFinished(HostReport report)
        {
            if (report.Trace is { } trace)
            {
                var filtered = trace.Filtered.Select(static f => $", {f.Port.Port} after {f.Last?.Address} {f.Certainty}");
                Found.Add($"{report.Host.Target.Address}: "
                    + $"{string.Join(' ', trace.Hops.Select(static hop => hop.Address?.ToString() ?? "*"))}{string.Concat(filtered)}");
            }
        }

        public void Progress(ScanProgress progress)
        {
        }

        public void Warning(string message)
        {
        }

        public void Ended(ScanEnd balance)
        {
        }
    }
}
