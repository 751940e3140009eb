using System.Collections.Concurrent;
using System.Text;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Services;
using Portolan.Scan.Identification;
using Portolan.Scan.Journal;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;
using Portolan.Tests.Scan.Connecting;
using Portolan.Tests.Scan.Identification;

namespace Portolan.Tests.Scan.Journal;

/// <summary>
/// A scan that asks what ports are (-sV) ends at any point and goes on: no port is asked again whose answer is in the journal, none is
/// lost, and a process reports each port once.
/// </summary>
public sealed class ServiceJournalTests : IDisposable
{
    private const int Ports = 40;
    private const string Targets = "192.0.2.1-2";

    private static readonly ScanSettings Settings = SimulatedScan.Settings();

    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-journal-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "a.journal");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Interrupted_again_and_again_each_process_tells_every_port_once()
    {
        for (var most = 1; most < 30; most += 7)
        {
            File.Delete(Path);
            var journal = ScanJournal.Create(Path, Header());
            var (asked, known) = (new HashSet<string>(), new HashSet<string>());
            for (var runs = 0; ; runs++)
            {
                var (told, end, connected) = Run(journal, new Servers { Most = most });
                Assert.Equal(told.Distinct().Order(), told.Order());
                Assert.Empty(connected.Intersect(known));
                asked.UnionWith(connected);
                if (end.IsComplete)
                {
                    Assert.Equal(2 * Ports, told.Count);
                    Assert.All(told, static port => Assert.EndsWith(" ssh", port, StringComparison.Ordinal));
                    break;
                }

                Assert.InRange(runs, 0, 200);
                known = Known();
                journal = ScanJournal.Resume(Path);
            }

            Assert.Equal(2 * Ports, asked.Count);
        }
    }

    [Fact]
    public void Killed_anywhere_it_comes_to_the_same()
    {
        using (ScanJournal.Create(Path, Header()))
        {
        }

        // A process that is killed leaves the beginning of what it would have written.
        var least = new FileInfo(Path).Length;
        File.Delete(Path);
        Run(ScanJournal.Create(Path, Header()), new Servers { Most = (2 * Ports) - 6 });
        var whole = File.ReadAllBytes(Path);
        Assert.InRange(whole.Length, least + 2000, int.MaxValue);
        for (var length = (int)least; length <= whole.Length; length += whole.Length / 20)
        {
            File.WriteAllBytes(Path, whole[..length]);
            var known = Known();
            var (told, end, connected) = Run(ScanJournal.Resume(Path), new Servers());
            Assert.True(end.IsComplete);
            Assert.Equal(2 * Ports, told.Count);
            Assert.Equal(2 * Ports, told.Distinct().Count());
            Assert.Empty(connected.Intersect(known));
            Assert.Equal((2 * Ports) - known.Count, connected.Count);
        }
    }

    private static (List<string> Told, ScanEnd End, HashSet<string> Connected) Run(ScanJournal journal, Servers servers)
    {
        var brief = TimeSpan.FromMilliseconds(1);
        var identifier = new ServiceIdentifier(servers, TimeProvider.System, new IdentifySettings { ShortGreetingWait = brief })
        {
            HasTls = false,
            MaxAtOnce = 5,
        };
        var told = new Told();
        using (journal)
        {
            var end = new ScanRun
            {
                Plan = journal.Header.Plan,
                Settings = Settings,
                Prober = new IdentifyingProber(new AllOpen(), identifier, Settings),
                Observers = [told],
                Clock = new Hasty(),
                Why = "simulated",
                Journal = journal,
            }.Run(servers.Interrupt.Token);
            return (told.Ports, end, [.. servers.Connected]);
        }
    }

    private static JournalHeader Header()
    {
        var plan = SimulatedScan.Plan(Targets, $"7001-{7000 + Ports}", Settings);
        return new(["scan", "-sV", Targets], "/", DateTimeOffset.UnixEpoch, ScanMode.Connect, Settings.Seed, plan);
    }

    // What the journal holds, by its own reader.
    private HashSet<string> Known()
    {
        var copy = Path + ".copy";
        File.Copy(Path, copy, overwrite: true);
        using var journal = ScanJournal.Resume(copy);
        var replayed = new HostGroup(journal.Header.Plan, [0UL, 1UL], SilenceMeaning.For(TcpTechnique.Connect));
        journal.ReplayGroup(replayed, Settings);
        return
        [
            .. from host in Enumerable.Range(0, 2)
               from slot in Enumerable.Range(0, Ports)
               where replayed.AnswerOf(host, slot) is not null
               select $"{replayed[host].Address}:{replayed.PortsOf(host)[slot].Port}",
        ];
    }

    /// <summary>Each port says that it is SSH. After so many connections the person interrupts.</summary>
    private sealed class Servers : ICheckSockets
    {
        private int _connections;

        public int Most { get; init; } = int.MaxValue;

        public CancellationTokenSource Interrupt { get; } =
            CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

        public ConcurrentQueue<string> Connected { get; } = new();

        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            Connected.Enqueue($"{remote.Address}:{remote.Port}");
            if (Interlocked.Increment(ref _connections) >= Most)
            {
                Interrupt.Cancel();
            }

            var pair = new DuplexPair();
            _ = Task.Run(() => pair.Server.WriteAsync(Encoding.ASCII.GetBytes("SSH-2.0-OpenSSH_9.2p1\r\n")).AsTask(),
                CancellationToken.None);
            return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, pair.Client));
        }

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval,
            Func<ReadOnlyMemory<byte>, bool> accepts, CancellationToken giveUp) => throw new NotSupportedException();
    }

    private sealed class Told : IScanObserver
    {
        public List<string> Ports { get; } = [];

        public void Started(ScanStart run)
        {
        }

        public void HostFound(HostResult host)
        {
        }

        public void PortFound(Target target, in PortResult port) =>
            Ports.Add($"{target.Address}:{port.Port.Port} {port.Service?.Service?.Protocol}");

        public void HostFinished(HostReport report)
        {
        }

        public void Warning(string message)
        {
        }

        public void Progress(ScanProgress progress)
        {
        }

        public void Ended(ScanEnd balance)
        {
        }
    }

    /// <summary>Finds every port open, at once.</summary>
    private sealed class AllOpen : IGroupProber
    {
        public ScanMode Mode => ScanMode.Connect;

        public IReadOnlyList<string> Notes => [];

        public ProbeBalance Balance => default;

        public void Discover(HostGroup group, ProbeCursor from, IProbeWatch watch)
        {
        }

        public void Probe(HostGroup group, ProbeCursor from, IProbeWatch watch)
        {
            for (var host = 0; host < group.Count; host++)
            {
                for (var slot = 0; slot < Ports; slot++)
                {
                    if (!group.IsAnswered(host, slot))
                    {
                        var port = group.PortsOf(host)[slot];
                        group.Record(host, slot, new PortResult(port, PortState.Open, ReplyReason.SynAck, 64, Evidence.Handshake, null));
                    }
                }
            }
        }

        public void Dispose()
        {
        }
    }

    /// <summary>Each look at the clock is a second later, so that each tick writes the journal.</summary>
    private sealed class Hasty : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Interlocked.Increment(ref _seconds);

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(Volatile.Read(ref _seconds));
    }
}
