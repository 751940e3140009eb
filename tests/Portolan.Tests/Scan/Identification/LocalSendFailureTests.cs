using System.Text;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Tests.Scan.Checking;

namespace Portolan.Tests.Scan.Identification;

/// <summary>
/// What this host cannot send is tried again later, and where that does not help it is said; it is never the target's state.
/// </summary>
public sealed class LocalSendFailureTests
{
    private const string Shortage = "Too many open files";

    private static readonly InternetAddress Address = InternetAddress.FromIPv4(0xC000_0201);

    [Fact]
    public void A_connection_that_could_not_leave_is_made_again_later()
    {
        var sockets = new ShortSockets(failures: 3);
        var answer = Ask(sockets, 22);
        Assert.Equal((ServiceOutcome.Identified, "ssh", 1), (answer.Outcome, answer.Service?.Protocol, answer.Attempts));
        Assert.Equal(4, sockets.Attempts);
    }

    [Fact]
    public void A_port_that_could_never_be_asked_is_not_called_unreachable()
    {
        var answer = Ask(new ShortSockets(failures: int.MaxValue), 22);
        Assert.Equal((ServiceOutcome.NotSent, Shortage, 0), (answer.Outcome, answer.Reason, answer.Attempts));
        Assert.Equal("not-asked", answer.Outcome.Name());
    }

    [Fact]
    public void A_port_that_the_network_does_not_reach_is_unreachable_still()
    {
        var answer = Ask(new ShortSockets(failures: int.MaxValue) { Failure = ConnectionOutcome.Unreachable }, 22);
        Assert.Equal((ServiceOutcome.Unreachable, null), (answer.Outcome, answer.Reason));
    }

    [Fact]
    public void A_port_whose_later_connections_could_not_leave_is_not_called_silent()
    {
        // The first connection is met with silence; nothing else can be asked.
        var answer = Ask(new ShortSockets(failures: int.MaxValue) { FirstThatFails = 2, IsSilent = true }, 4567);
        Assert.Equal((ServiceOutcome.NotSent, Shortage), (answer.Outcome, answer.Reason));
    }

    [Fact]
    public void A_datagram_that_could_not_leave_is_sent_again_later()
    {
        var sockets = new ShortSockets(failures: 2);
        Assert.Equal(ServiceOutcome.Identified, Ask(sockets, 123, TransportProtocol.Udp).Outcome);
        var never = Ask(new ShortSockets(failures: int.MaxValue), 123, TransportProtocol.Udp);
        Assert.Equal((ServiceOutcome.NotSent, Shortage), (never.Outcome, never.Reason));
    }

    [Fact]
    public void Ports_after_one_that_met_a_lasting_shortage_do_not_wait_as_long()
    {
        var time = new TestTime();
        var sockets = new ShortSockets(failures: int.MaxValue);
        var identifier = new ServiceIdentifier(sockets, time, new IdentifySettings());
        time.Run(() => identifier.IdentifyAsync(Target(22, TransportProtocol.Tcp), CancellationToken.None), mostSteps: 10_000);
        var first = sockets.Attempts;
        time.Run(() => identifier.IdentifyAsync(Target(23, TransportProtocol.Tcp), CancellationToken.None), mostSteps: 10_000);
        Assert.True(sockets.Attempts - first < first, $"{sockets.Attempts - first} attempts after {first}");

        // One that leaves ends it.
        sockets.End();
        time.Run(() => identifier.IdentifyAsync(Target(22, TransportProtocol.Tcp), CancellationToken.None), mostSteps: 10_000);
        sockets.Begin();
        var before = sockets.Attempts;
        time.Run(() => identifier.IdentifyAsync(Target(22, TransportProtocol.Tcp), CancellationToken.None), mostSteps: 10_000);
        Assert.Equal(first, sockets.Attempts - before);
    }

    private static ServiceAnswer Ask(ShortSockets sockets, ushort port, TransportProtocol protocol = TransportProtocol.Tcp)
    {
        var time = new TestTime();
        var identifier = new ServiceIdentifier(sockets, time, new IdentifySettings());
        return time.Run(() => identifier.IdentifyAsync(Target(port, protocol), CancellationToken.None), mostSteps: 10_000);
    }

    private static ServiceTarget Target(ushort port, TransportProtocol protocol) =>
        new(new RemoteSocket(Address, null, new PortNumber(port)), protocol, null);

    /// <summary>A host that is short of something for a number of attempts.</summary>
    private sealed class ShortSockets(int failures) : ICheckSockets
    {
        private bool _isOver;

        public ConnectionOutcome Failure { get; init; } = ConnectionOutcome.NotSent;

        public int FirstThatFails { get; init; } = 1;

        public bool IsSilent { get; init; }

        public int Attempts { get; private set; }

        public void End() => _isOver = true;

        public void Begin() => _isOver = false;

        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            if (IsShort())
            {
                return Task.FromResult(new ConnectionAttempt(Failure, null) { Error = Shortage });
            }

            var connection = new MemoryConnection(static (_, _) => { });
            connection.Feed(IsSilent ? [] : Encoding.ASCII.GetBytes("SSH-2.0-OpenSSH_9.2p1\r\n"));
            return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, connection));
        }

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote,
            IReadOnlyList<ReadOnlyMemory<byte>> datagrams,
            TimeSpan interval,
            Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp)
        {
            if (IsShort())
            {
                return Task.FromResult(new DatagramResult(DatagramOutcome.NotSent, 0) { Error = Shortage });
            }

            var reply = new byte[48];
            (reply[0], reply[1]) = (0x24, 2);
            datagrams[0].Span[40..48].CopyTo(reply.AsSpan(24));
            return Task.FromResult(new DatagramResult(DatagramOutcome.Replied, 1) { Reply = reply });
        }

        private bool IsShort()
        {
            Attempts++;
            return !_isOver && Attempts >= FirstThatFails && Attempts - FirstThatFails < failures;
        }
    }
}
