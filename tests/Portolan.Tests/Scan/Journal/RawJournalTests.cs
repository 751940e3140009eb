using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Raw;
using Portolan.Scan.Journal;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;
using Portolan.Tests.Lab.Scanning;
using Portolan.Tests.Scan.Connecting;
using Portolan.Tests.Support;
using Scans = Portolan.Tests.Scan.Connecting.SimulatedScan;

namespace Portolan.Tests.Scan.Journal;

/// <summary>Packet scans go on from their journal as connect scans do.</summary>
public sealed class RawJournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-journal-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Interrupted_anywhere_and_resumed_again_and_again_a_packet_scan_finds_the_same()
    {
        var settings = new ScanSettings { Seed = 11, Timing = new TimingSettings { MaxHostGroup = 3, MaxRate = 2000 } };
        var plan = Scans.Plan("198.18.0.2-6", "1-400", settings);
        var expected = Run(plan, settings, null, new ScanLog(), null).Results;
        Assert.Contains("198.18.0.2 80 open", expected, StringComparison.Ordinal);
        Fuzz.Run(6, (random, seed) =>
        {
            var path = Path.Combine(_folder, $"{seed}.journal");
            var journal =
                ScanJournal.Create(path, new JournalHeader(["scan"], "/", DateTimeOffset.UnixEpoch, ScanMode.Raw, settings.Seed, plan));
            for (var runs = 1; ; runs++)
            {
                using var interrupt = new CancellationTokenSource();
                using var current = journal;
                var log = Run(
                    current.Header.Plan, settings, current, new ScanLog(), new Interrupter(interrupt, random.Next(1, 700) + (runs * 300)),
                    interrupt);
                if (log.End!.IsComplete)
                {
                    Assert.Equal(expected, log.Results);
                    break;
                }

                Assert.True(runs < 40);
                current.Dispose();
                journal = ScanJournal.Resume(path);
            }

            Assert.False(File.Exists(path));
        });
    }

    [Fact]
    public void A_resumed_scan_adds_what_it_counted_of_losses_before() => Fuzz.Run(4, (random, seed) =>
    {
        var settings = new ScanSettings
        {
            Seed = (ulong)seed,
            Timing = new TimingSettings { MaxHostGroup = 1, MaxRate = 2000, MaxRetries = 1 },
        };
        var plan = Scans.Plan("198.18.0.2-5", "1-400", settings);
        var path = Path.Combine(_folder, $"losses-{seed}.journal");
        var journal =
            ScanJournal.Create(path, new JournalHeader(["scan"], "/", DateTimeOffset.UnixEpoch, ScanMode.Raw, settings.Seed, plan));
        using var interrupt = new CancellationTokenSource();
        var before =
            Run(plan, settings, journal, new ScanLog(), new Interrupter(interrupt, random.Next(450, 750)), interrupt, loss: 0.1).End!;
        journal.Dispose();
        Assert.False(before.IsComplete);
        using var again = ScanJournal.Resume(path);

        var log = Run(again.Header.Plan, settings, again, new ScanLog(), null, loss: 0.1);

        var (first, whole) = (before.Losses!, log.End!.Losses!);
        var answered = log.Results.Split('\n').Count(
            static line => line.EndsWith("syn-ack", StringComparison.Ordinal) || line.EndsWith("reset", StringComparison.Ordinal));
        Assert.True(answered > 700, log.Results);
        Assert.InRange(whole.Ports.Found, answered - 5, answered + 5);
        Assert.True(whole.Path.Trials > first.Path.Trials + 200, $"{first.Path} then {whole.Path}");
        Assert.InRange(whole.Path.Loss!.Value, 0.19 * 0.75, 0.19 * 1.25);
    });

    private static ScanLog Run(
        TargetPlan plan, ScanSettings settings, ScanJournal? journal, ScanLog log, IScanObserver? other,
        CancellationTokenSource? interrupt = null, double loss = 0)
    {
        using var lab = new ScanLab(string.Join('\n', new[] { 2, 3, 5 }.Select(Host)), loss: loss, alwaysFindsNeighbours: loss > 0);
        using var prober = new RawProber(lab.Vantage, lab.Time, settings);
        new ScanRun
        {
            Plan = plan,
            Settings = settings,
            Prober = prober,
            Observers = other is null ? [log] : [other, log],
            Clock = lab.Time,
            Why = "a lab in the same process",
            Journal = journal,
        }.Run(interrupt?.Token ?? TestContext.Current.CancellationToken);
        return log;
    }

    private static string Host(int last)
    {
        bool IsOpen(int port) => port * last % 40 == 0;
        return $"host{last}: {{ address: 198.18.0.{last}, ports: {{ \"{ScanLab.Ports(400, IsOpen)}\": open, "
            + $"\"{ScanLab.Ports(400, port => port % 7 == 0 && !IsOpen(port))}\": filtered }} }}";
    }

    private sealed class Interrupter(CancellationTokenSource interrupt, int after) : IScanObserver
    {
        private int _found;

        public void Started(ScanStart run)
        {
        }

        public void HostFound(HostResult host)
        {
        }

        public void PortFound(Target target, in PortResult port)
        {
            if (++_found == after)
            {
                interrupt.Cancel();
            }
        }

        public void HostFinished(HostReport report)
        {
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
