using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Services;
using Portolan.Scan.Identification;
using Portolan.Scan.Results;
using Portolan.Tests.Scan.Connecting;

namespace Portolan.Tests.Scan.Engine;

/// <summary>Which ports are asked what they are, and what an answer makes of a port that was silent.</summary>
public sealed class ServiceQueueTests
{
    private static readonly ScanSettings Settings = SimulatedScan.Settings() with { Udp = true };

    [Fact]
    public void A_silent_UDP_port_of_a_known_protocol_is_asked_and_an_answer_makes_it_open()
    {
        var group = Group("U:123,161,9999");
        var queue = ServiceQueue.Of(group, Settings);
        Assert.Equal([(123, false), (161, false)], queue.Ports.Select(static port => ((int)port.Port.Port.Value, port.IsOpen)).Order());

        var sockets = new TimeServer();
        using var stage = new ServiceStage(
            group, Hearing(group, queue), new ServiceIdentifier(sockets, TimeProvider.System, new IdentifySettings()),
            CancellationToken.None);
        while (!stage.Work(TimeSpan.FromSeconds(1)))
        {
        }

        var (ntp, snmp) = (SlotOf(group, 123), SlotOf(group, 161));
        var result = group.ResultOf(0, ntp);
        Assert.Equal((PortState.Open, ReplyReason.UdpResponse, Evidence.Identified), (result.State, result.Reason, result.Evidence));
        Assert.Equal("ntp", result.Service?.Service?.Protocol);
        Assert.False(group.IsAnswered(0, snmp));
        Assert.Null(group.AnswerOf(0, snmp));
        Assert.DoesNotContain(9999, sockets.Asked);
        Assert.NotEmpty(group.TakeFindings());
    }

    [Fact]
    public void Silent_TCP_ports_and_closed_UDP_ports_are_not_asked()
    {
        var group = Group("T:53,U:53,161");
        group.Record(
            0, SlotOf(group, 161),
            new PortResult(
                new ProbePort(TransportProtocol.Udp, new PortNumber(161)), PortState.Closed, ReplyReason.PortUnreachable, 64, Evidence.None,
                null));
        var asked = Assert.Single(ServiceQueue.Of(group, Settings).Ports);
        Assert.Equal(new ProbePort(TransportProtocol.Udp, new PortNumber(53)), asked.Port);
    }

    [Theory]
    [InlineData(0, "161")]
    [InlineData(2, "161")]
    [InlineData(3, "161,5300,5301,5302")]
    public void Silent_UDP_ports_of_no_known_protocol_are_asked_where_a_host_has_few(int most, string asked)
    {
        var group = Group("U:161,5300-5302");
        Assert.Equal(
            asked,
            string.Join(',', ServiceQueue.Of(group, Settings, most).Ports.Select(static port => (int)port.Port.Port.Value).Order()));
    }

    [Fact]
    public void A_host_that_is_down_is_not_asked()
    {
        var group = new HostGroup(SimulatedScan.Plan("192.0.2.1", "U:53", Settings), [0UL], SilenceMeaning.For(TcpTechnique.Syn));
        Assert.Empty(ServiceQueue.Of(group, Settings).Ports);
    }

    [Fact]
    public void The_questions_to_a_host_end_with_its_time()
    {
        var group = Group("T:7001,7002");
        group.BeginPortStage(Settings);
        foreach (ushort port in (ushort[])[7001, 7002])
        {
            group.Record(
                0, port - 7001,
                new PortResult(
                    new ProbePort(TransportProtocol.Tcp, new PortNumber(port)), PortState.Open, ReplyReason.SynAck, 64, Evidence.SynAck,
                    null));
        }

        // Nobody answers, and there is an hour to wait: only the end of the host's time ends the questions.
        var patient = new IdentifySettings { ConnectLimit = TimeSpan.FromHours(1), PortLimit = TimeSpan.FromHours(1) };
        var sockets = new NoAnswer();
        using var stage = new ServiceStage(
            group, Hearing(group, ServiceQueue.Of(group, Settings)), new ServiceIdentifier(sockets, TimeProvider.System, patient),
            CancellationToken.None);
        while (sockets.Connects < 2)
        {
            Assert.False(stage.Work(TimeSpan.FromMilliseconds(1)));
        }

        group.GiveUp(0);
        while (!stage.Work(TimeSpan.FromMilliseconds(1)))
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }

        Assert.False(group.IsHeard(0));
    }

    private static HostGroup Group(string ports)
    {
        var group = new HostGroup(SimulatedScan.Plan("192.0.2.1", ports, Settings), [0UL], SilenceMeaning.For(TcpTechnique.Syn));
        group.SetHost(0, new HostResult(group[0], HostStatus.Up, ReplyReason.EchoReply, 64, null));
        return group;
    }

    private static ServiceQueue Hearing(HostGroup group, ServiceQueue queue)
    {
        group.BeginHearing(queue.Ports.Select(static port => port.Host));
        return queue;
    }

    private static int SlotOf(HostGroup group, ushort port) =>
        Enumerable.Range(0, group.PortsOf(0).Count).First(
            slot => group.PortsOf(0)[slot] is { Protocol: TransportProtocol.Udp } one && one.Port.Value == port);

    /// <summary>Answers as a time server does, and to nothing else.</summary>
    private sealed class TimeServer : ICheckSockets
    {
        public System.Collections.Concurrent.ConcurrentBag<int> Asked { get; } = [];

        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp) => throw new NotSupportedException();

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp)
        {
            Asked.Add(remote.Port.Value);
            if (remote.Port.Value != 123 || datagrams[0].Length != 48)
            {
                return Task.FromResult(new DatagramResult(DatagramOutcome.Silent, 2));
            }

            var reply = new byte[48];
            (reply[0], reply[1]) = (0x24, 2);
            datagrams[0].Span[40..].CopyTo(reply.AsSpan(24));
            return Task.FromResult(new DatagramResult(DatagramOutcome.Replied, 1) { Reply = reply });
        }
    }

    private sealed class NoAnswer : ICheckSockets
    {
        private int _connects;

        public int Connects => Volatile.Read(ref _connects);

        public async Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            Interlocked.Increment(ref _connects);
            await Task.Delay(Timeout.Infinite, giveUp).ContinueWith(static _ => { }, TaskScheduler.Default);
            return new ConnectionAttempt(ConnectionOutcome.TimedOut, null);
        }

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp) =>
            throw new NotSupportedException();
    }
}
