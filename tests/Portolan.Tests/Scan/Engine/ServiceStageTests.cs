using System.Collections.Concurrent;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Services;
using Portolan.Scan.Identification;
using Portolan.Scan.Results;
using Portolan.Tests.Scan.Connecting;

namespace Portolan.Tests.Scan.Engine;

/// <summary>How the ports of hosts are asked: how many at once, in how many steps, and what is said of those that could not be.</summary>
public sealed class ServiceStageTests
{
    private static readonly ScanSettings Settings = SimulatedScan.Settings();

    [Trait("Quick", "no")]
    [Fact]
    public void A_host_with_very_many_ports_costs_a_few_steps_for_each()
    {
        const int Ports = 20_000;
        var group = Group($"1-{Ports}", hosts: 1);
        var queue = Hearing(group, ServiceQueue.Of(group, Settings));
        Assert.Equal(Ports, queue.Count);
        var identifier = new ServiceIdentifier(new Refusal(), TimeProvider.System, new IdentifySettings());
        using var stage = new ServiceStage(group, queue, identifier, TestContext.Current.CancellationToken);
        Finish(stage);
        Assert.InRange(stage.Steps, Ports, 3 * Ports);
        Assert.False(group.IsHeard(0));
    }

    [Fact]
    public void Hosts_take_turns()
    {
        var ports = Enumerable.Range(0, 100).Select(static i => new QueuedPort(0, i, default, IsOpen: true));
        var turns = new HostTurns(ports.Append(new QueuedPort(1, 0, default, IsOpen: true)));
        var first = new List<int>();
        while (turns.TryNext(out var host, out _))
        {
            first.Add(host.Number);
        }

        Assert.Equal((HostWork.MaxConnections, 1), (first.Count(static host => host == 0), first.Count(static host => host == 1)));
        Assert.Equal(1, first[1]);
        Assert.Equal(100 - HostWork.MaxConnections, turns.Count);
        turns.End(0);
        Assert.True(turns.TryNext(out var next, out _));
        Assert.Equal(0, next.Number);
        Assert.False(turns.TryNext(out _, out _));
    }

    [Fact]
    public void At_most_eight_connections_to_a_host_are_open_at_once()
    {
        // Each port answers like etcd, whose version takes a second connection while the first still stands.
        var group = Group("7001-7040", hosts: 1);
        var queue = Hearing(group, ServiceQueue.Of(group, Settings));
        var sockets = new Etcd();
        var settings = new IdentifySettings { ShortGreetingWait = TimeSpan.FromMilliseconds(1) };
        var identifier = new ServiceIdentifier(sockets, TimeProvider.System, settings) { HasTls = false };
        using var stage = new ServiceStage(group, queue, identifier, TestContext.Current.CancellationToken);
        Finish(stage);
        Assert.All(Enumerable.Range(0, 40), port => Assert.Equal("3.4.23", group.AnswerOf(0, port)?.Service?.Version));
        Assert.InRange(sockets.MostOpen, 2, HostWork.MaxConnections);
    }

    [Fact]
    public void No_more_ports_are_asked_at_once_than_this_host_has_room_for()
    {
        var group = Group("7001-7004", hosts: 10);
        var queue = Hearing(group, ServiceQueue.Of(group, Settings));
        var sockets = new Etcd();
        var settings = new IdentifySettings { ShortGreetingWait = TimeSpan.FromMilliseconds(1), MaxConnections = 1 };
        var identifier = new ServiceIdentifier(sockets, TimeProvider.System, settings) { HasTls = false, MaxAtOnce = 3 };
        using var stage = new ServiceStage(group, queue, identifier, TestContext.Current.CancellationToken);
        Finish(stage);
        Assert.InRange(sockets.MostOpen, 1, 3);
    }

    [Fact]
    public void Ports_that_this_host_cannot_ask_are_tried_again_when_all_others_are_done_and_then_said()
    {
        var group = Group("7001-7010", hosts: 1);
        var sockets = new Shortage();
        var watch = new Watch();
        using (var prober = Prober(sockets))
        {
            prober.Probe(group, ProbeCursor.Start, watch);
        }

        const string Warning = "10 ports were not asked what they are: No buffer space available (on this host, after several tries)";
        Assert.Contains(Warning, watch.Warnings);
        Assert.All(Enumerable.Range(0, 10), port =>
        {
            var answer = group.AnswerOf(0, port);
            Assert.Equal((ServiceOutcome.NotSent, "No buffer space available"), (answer?.Outcome, answer?.Reason));
            Assert.Equal(Evidence.SynAck, group.ResultOf(0, port).Evidence);
            Assert.True(sockets.Tries[7001 + port] >= 2, $"{sockets.Tries[7001 + port]} tries");
        });

        // They are asked when the scan is resumed.
        Assert.Equal(10, ServiceQueue.Of(group, Settings).Count);
    }

    [Fact]
    public void A_host_that_answers_everywhere_gets_its_likeliest_ports_and_that_is_said()
    {
        var group = Group("1-1000", hosts: 1);
        group.MarkAnswersEverything(0);
        var watch = new Watch();
        var sockets = new Refusal();
        using (var prober = Prober(sockets))
        {
            prober.Probe(group, ProbeCursor.Start, watch);
        }

        Assert.Equal(ServiceQueue.MaxPortsOfSuch, sockets.Asked.Distinct().Count());
        Assert.Empty(((int[])[22, 80, 443]).Except(sockets.Asked));
        var warning = Assert.Single(watch.Warnings, static warning => warning.Contains("answers on every port", StringComparison.Ordinal));
        Assert.Contains("its 100 most common ports", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_throws_is_said()
    {
        var group = Group("7001", hosts: 1);
        var watch = new Watch();
        using (var prober = Prober(new Etcd(), static _ => [new Thrower()]))
        {
            prober.Probe(group, ProbeCursor.Start, watch);
        }

        Assert.Equal(ServiceOutcome.Unknown, group.AnswerOf(0, 0)?.Outcome);
        var warning = Assert.Single(watch.Warnings);
        Assert.StartsWith("the reader of thrower failed on ", warning, StringComparison.Ordinal);
        Assert.Contains(nameof(DivideByZeroException), warning, StringComparison.Ordinal);
    }

    private static IdentifyingProber Prober(
        ICheckSockets sockets, Func<TransportProtocol, IReadOnlyList<ServiceProtocol>>? protocols = null)
    {
        var brief = TimeSpan.FromMilliseconds(1);
        var settings = new IdentifySettings { RetryWait = brief, ShortGreetingWait = brief, BriefGreetingWait = brief };
        var identifier = new ServiceIdentifier(sockets, TimeProvider.System, settings)
        {
            HasTls = false,
            Protocols = protocols ?? ServiceCatalog.Of,
        };
        return new IdentifyingProber(new NoProber(), identifier, Settings);
    }

    private static void Finish(ServiceStage stage)
    {
        while (!stage.Work(TimeSpan.FromMilliseconds(50)))
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static HostGroup Group(string ports, int hosts)
    {
        var plan = SimulatedScan.Plan(string.Join(' ', Enumerable.Range(1, hosts).Select(static i => $"192.0.2.{i}")), ports, Settings);
        var places = Enumerable.Range(0, hosts).Select(static i => (ulong)i);
        var group = new HostGroup(plan, [.. places], SilenceMeaning.For(TcpTechnique.Connect));
        for (var host = 0; host < hosts; host++)
        {
            group.SetHost(host, new HostResult(group[host], HostStatus.Up, ReplyReason.EchoReply, 64, null));
        }

        group.BeginPortStage(Settings);
        for (var host = 0; host < hosts; host++)
        {
            for (var slot = 0; slot < group.PortsOf(host).Count; slot++)
            {
                var port = group.PortsOf(host)[slot];
                group.Record(host, slot, new PortResult(port, PortState.Open, ReplyReason.SynAck, 64, Evidence.SynAck, null));
            }
        }

        return group;
    }

    private static ServiceQueue Hearing(HostGroup group, ServiceQueue queue)
    {
        group.BeginHearing(queue.Ports.Select(static port => port.Host));
        return queue;
    }

    private abstract class StreamSockets : ICheckSockets
    {
        public abstract Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp);

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote,
            IReadOnlyList<ReadOnlyMemory<byte>> datagrams,
            TimeSpan interval,
            Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp) =>
            throw new NotSupportedException();
    }

    /// <summary>Nobody is there any more.</summary>
    private sealed class Refusal : StreamSockets
    {
        public ConcurrentBag<int> Asked { get; } = [];

        public override Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            Asked.Add(remote.Port.Value);
            return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Refused, null));
        }
    }

    /// <summary>This host has no memory for another socket.</summary>
    private sealed class Shortage : StreamSockets
    {
        public ConcurrentDictionary<int, int> Tries { get; } = new();

        public override Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            Tries.AddOrUpdate(remote.Port.Value, 1, static (_, count) => count + 1);
            return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.NotSent, null) { Error = "No buffer space available" });
        }
    }

    /// <summary>Answers in two requests of HTTP, and keeps its connections open; the client may close them.</summary>
    private sealed class Etcd : StreamSockets
    {
        private readonly Lock _gate = new();
        private int _open;

        public int MostOpen { get; private set; }

        public override Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            lock (_gate)
            {
                MostOpen = Math.Max(MostOpen, ++_open);
            }

            var pair = new Identification.DuplexPair(() =>
            {
                lock (_gate)
                {
                    _open--;
                }
            });
            _ = Task.Run(() => ServeAsync(pair.Server), CancellationToken.None);
            return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, pair.Client));
        }

        private async Task ServeAsync(Stream stream)
        {
            await using (stream)
            {
                var asked = new byte[4096];
                while (await stream.ReadAsync(asked) is > 0 and var length)
                {
                    await stream.WriteAsync(asked.AsSpan(0, length).IndexOf("GET /version"u8) >= 0
                        ? "HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n{\"etcdserver\":\"3.4.23\"}\r\n"u8.ToArray()
                        : "HTTP/1.1 404 Not Found\r\nContent-Length: 19\r\n\r\n404 page not found\n"u8.ToArray());
                }
            }
        }
    }

    private sealed class Thrower() : ServiceProtocol("thrower", 1)
    {
        public override ServiceProbe Opening { get; } = new("thrower", "GET / HTTP/1.1\r\n\r\n"u8);

        public override int Rarity => 1;

        public override ReplyReading Read(ServiceReply reply) => throw new DivideByZeroException();
    }

    private sealed class NoProber : IGroupProber
    {
        public ScanMode Mode => ScanMode.Connect;

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
        }
    }

    private sealed class Watch : IProbeWatch
    {
        public List<string> Warnings { get; } = [];

        public bool IsStopping => TestContext.Current.CancellationToken.IsCancellationRequested;

        public void Tick(in StageStatus status)
        {
        }

        public void Warn(string message) => Warnings.Add(message);

        public void Incomplete(string why) => Warnings.Add(why);
    }
}
