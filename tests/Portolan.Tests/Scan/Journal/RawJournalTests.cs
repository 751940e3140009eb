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
            var journal = ScanJournal.Create(path, new JournalHeader(["scan"], "/", DateTimeOffset.UnixEpoch, ScanMode.Raw, settings.Seed, plan));
            for (var runs = 1; ; runs++)
            {
                using var interrupt = new CancellationTokenSource();
                using var current = journal;
                var log = Run(current.Header.Plan, settings, current, new ScanLog(), new Interrupter(interrupt, random.Next(1, 700) + (runs * 300)), interrupt);
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

    private static ScanLog Run(TargetPlan plan, ScanSettings settings, ScanJournal? journal, ScanLog log, IScanObserver? other, CancellationTokenSource? interrupt = null)
    {
        using var lab = new ScanLab(string.Join('\n', new[] { 2, 3, 5 }.Select(Host)));
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
        return $"host{last}: {{ address: 198.18.0.{last}, ports: {{ \"{ScanLab.Ports(400, IsOpen)}\": open, \"{ScanLab.Ports(400, port => port % 7 == 0 && !IsOpen(port))}\": filtered }} }}";
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
