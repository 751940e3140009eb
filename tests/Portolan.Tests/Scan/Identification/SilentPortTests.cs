using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Protocols;
using Portolan.Tests.Scan.Checking;

namespace Portolan.Tests.Scan.Identification;

/// <summary>A UDP port that kept silent and is no known protocol's own: one round of the commonest questions.</summary>
public sealed class SilentPortTests
{
    private static readonly InternetAddress Address = InternetAddress.TryParse("192.0.2.1", out var address)
        ? address
        : throw new FormatException();

    [Fact]
    public void The_commonest_questions_are_asked_in_one_round()
    {
        var (answer, server) = Ask(static _ => []);
        Assert.Equal((ServiceOutcome.Silent, 1, 1), (answer.Outcome, answer.Attempts, server.Rounds));
        Assert.Equal(2 * ServiceCatalog.Udp.Count(static protocol => protocol.Rarity <= 7), server.Asked.Count);
        foreach (var protocol in (ServiceProtocol[])[new DnsProtocol(isStream: false), new NtpProtocol(), new SnmpProtocol()])
        {
            Assert.Equal(2, server.Asked.Count(bytes => bytes.AsSpan().SequenceEqual(protocol.Opening!.BytesFor(Target()).Span)));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void A_low_intensity_asks_nothing(int intensity) => Assert.Empty(Ask(static _ => [], intensity).Server.Asked);

    [Fact]
    public void An_answer_is_judged_by_the_reader_of_its_question()
    {
        // Answers only to NTP, with its transmit time as the origin.
        var (answer, server) = Ask(static asked => asked is [0xE3, ..] && asked.Length == 48
            ? [0x24, 2, 6, 0xEC, .. new byte[20], .. asked[40..48], .. new byte[16]]
            : []);
        Assert.Equal(("ntp", "version 4; stratum 2"), (answer.Service?.Protocol, answer.Service?.Info));
        Assert.Equal(2, server.Rounds);
    }

    [Theory]
    [InlineData("hi")]
    [InlineData("")]
    public void What_answers_everything_alike_is_known_as_nothing(string said)
    {
        // The empty one is an echo.
        var (answer, _) = Ask(asked => said.Length > 0 ? System.Text.Encoding.ASCII.GetBytes(said) : asked);
        Assert.Equal((ServiceOutcome.Unknown, null), (answer.Outcome, answer.Service));
        Assert.False(answer.Heard.IsEmpty);
    }

    [Fact]
    public void A_refusal_ends_the_questions()
    {
        var server = new Server(static _ => []) { Refuses = true };
        Assert.Equal(ServiceOutcome.Unreachable, Ask(server, 7).Outcome);
    }

    private static ServiceTarget Target() =>
        new(new RemoteSocket(Address, null, new PortNumber(5300)), TransportProtocol.Udp, null) { IsSilent = true };

    private static (ServiceAnswer Answer, Server Server) Ask(Func<byte[], byte[]> answer, int intensity = 7)
    {
        var server = new Server(answer);
        return (Ask(server, intensity), server);
    }

    private static ServiceAnswer Ask(Server server, int intensity)
    {
        var time = new TestTime();
        var identifier = new ServiceIdentifier(server, time, new IdentifySettings { Intensity = intensity });
        return time.Run(() => identifier.IdentifyAsync(Target(), CancellationToken.None), 10_000);
    }

    private sealed class Server(Func<byte[], byte[]> answer) : ICheckSockets
    {
        public List<byte[]> Asked { get; } = [];

        public int Rounds { get; private set; }

        public bool Refuses { get; init; }

        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp) => throw new NotSupportedException();

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp)
        {
            Rounds++;
            foreach (var datagram in datagrams)
            {
                Asked.Add(datagram.ToArray());
                if (Refuses)
                {
                    return Task.FromResult(new DatagramResult(DatagramOutcome.Refused, Asked.Count));
                }

                if (answer(datagram.ToArray()) is { Length: > 0 } reply && accepts(reply))
                {
                    return Task.FromResult(new DatagramResult(DatagramOutcome.Replied, Asked.Count) { Reply = reply });
                }
            }

            return Task.FromResult(new DatagramResult(DatagramOutcome.Silent, Asked.Count));
        }
    }
}
