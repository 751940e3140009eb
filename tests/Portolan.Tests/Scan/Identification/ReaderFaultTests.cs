using System.Text;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Tests.Scan.Checking;

namespace Portolan.Tests.Scan.Identification;

/// <summary>A reader that throws is a defect: it is counted, and the port keeps what it said.</summary>
public sealed class ReaderFaultTests
{
    private static readonly InternetAddress Address = InternetAddress.FromIPv4(0xC000_0201);

    [Fact]
    public void A_port_whose_reader_throws_is_unknown_and_keeps_its_bytes()
    {
        var (answer, faults) = Ask("what is this?\r\n", new ThrowingProtocol());
        Assert.Equal(ServiceOutcome.Unknown, answer.Outcome);
        Assert.Equal("what is this?\r\n", Encoding.ASCII.GetString(answer.Heard.Span));
        var (reader, exception, count) = Assert.Single(faults);
        Assert.Equal(("thrower", nameof(InvalidOperationException)), (reader, exception));
        Assert.True(count > 0);
    }

    [Fact]
    public void Others_read_what_a_reader_throws_at()
    {
        var (answer, faults) = Ask("SSH-2.0-OpenSSH_9.2p1\r\n", [new ThrowingProtocol(), .. ServiceCatalog.Tcp]);
        Assert.Equal(("ssh", "9.2p1"), (answer.Service?.Protocol, answer.Service?.Version));
        Assert.Single(faults);
    }

    [Fact]
    public void A_protocol_that_throws_while_it_asks_further_is_known()
    {
        var (answer, faults) = Ask("I am it\r\n", new ThrowingProtocol { KnowsItself = true });
        Assert.Equal((ServiceOutcome.Identified, "thrower"), (answer.Outcome, answer.Service?.Protocol));
        Assert.Equal(("thrower", nameof(NotSupportedException), 1), Assert.Single(faults));
    }

    private static (ServiceAnswer Answer, IReadOnlyList<(string Reader, string Exception, int Count)> Faults) Ask(
        string greeting, params ServiceProtocol[] protocols)
    {
        var time = new TestTime();
        var sockets = new Greeter(greeting);
        var identifier = new ServiceIdentifier(sockets, time, new IdentifySettings()) { HasTls = false, Protocols = _ => protocols };
        var target = new ServiceTarget(new RemoteSocket(Address, null, new PortNumber(4567)), TransportProtocol.Tcp, null);
        return (time.Run(() => identifier.IdentifyAsync(target, CancellationToken.None), mostSteps: 10_000), identifier.Faults.Take());
    }

    private sealed class ThrowingProtocol() : ServiceProtocol("thrower", 1)
    {
        public bool KnowsItself { get; init; }

        public override ReplyReading Read(ServiceReply reply) =>
            KnowsItself ? ReplyReading.Certain(new IdentifiedService(Name)) : throw new InvalidOperationException();

        public override Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain) =>
            throw new NotSupportedException();
    }

    private sealed class Greeter(string greeting) : ICheckSockets
    {
        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            var connection = new MemoryConnection(static (_, _) => { });
            connection.Feed(Encoding.ASCII.GetBytes(greeting));
            return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, connection));
        }

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote,
            IReadOnlyList<ReadOnlyMemory<byte>> datagrams,
            TimeSpan interval,
            Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp) =>
            throw new NotSupportedException();
    }
}
