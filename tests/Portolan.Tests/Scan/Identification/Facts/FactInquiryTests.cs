using System.Formats.Asn1;
using System.Text;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;
using Portolan.Tests.Scan.Checking;

namespace Portolan.Tests.Scan.Identification.Facts;

/// <summary>When a port is asked for facts, and how much that may cost.</summary>
public sealed class FactInquiryTests
{
    private static readonly InternetAddress Address = InternetAddress.TryParse("192.0.2.1", out var address) ? address
        : throw new FormatException();

    [Fact]
    public void A_known_service_is_asked_for_its_facts_and_for_no_others()
    {
        var (answer, _) = Run(80, new IdentifySettings { Facts = FactCatalog.All });
        Assert.Equal("http", answer.Service?.Protocol);
        Assert.Equal(["http-title", "http-server-header"], answer.Facts?.Select(static fact => fact.Id));
        Assert.False(answer.IsCut);
    }

    [Fact]
    public void A_service_is_asked_only_for_the_facts_that_are_named()
    {
        var named = FactCatalog.All.Where(static fact => fact.Id is "http-title" or "ssh-hostkey");
        var (answer, sent) = Run(80, new IdentifySettings { Facts = [.. named] });
        Assert.Equal(["http-title"], answer.Facts?.Select(static fact => fact.Id));
        Assert.DoesNotContain(sent, static bytes => Encoding.ASCII.GetString(bytes).Contains("robots", StringComparison.Ordinal));
    }

    [Fact]
    public void An_agent_is_not_asked_with_its_community_for_other_facts() =>
        Assert.Null(FactCatalog.Revealed(
            new ServiceTarget(new RemoteSocket(Address, null, new PortNumber(161)), TransportProtocol.Udp, null),
            FactCatalog.All.Where(static fact => fact.Id != "snmp-sysdescr")));

    [Fact]
    public void Nobody_asks_for_facts_without_sC() => Assert.Null(Run(80, new IdentifySettings()).Answer.Facts);

    [Fact]
    public void Without_sV_only_the_ports_own_protocols_are_asked()
    {
        var light = new IdentifySettings { Facts = FactCatalog.All, Intensity = 0 };
        Assert.Equal(2, Run(80, light).Answer.Facts?.Count);
        var (elsewhere, sent) = Run(4567, light);
        Assert.Empty(sent);
        Assert.Empty(elsewhere.Facts!);
    }

    [Theory]
    [InlineData(9100)]
    [InlineData(502)]
    public void Printers_and_industrial_ports_are_asked_for_none(ushort port)
    {
        var (answer, sent) = Run(port, new IdentifySettings { Facts = FactCatalog.All });
        Assert.Empty(answer.Facts!);
        Assert.DoesNotContain(sent, static bytes => Encoding.ASCII.GetString(bytes).Contains("robots", StringComparison.Ordinal));
    }

    [Fact]
    public void A_printers_unknown_port_is_asked_for_none() =>
        Assert.Empty(Run(4567, new IdentifySettings { Facts = FactCatalog.All }, greeting: "220 x FTP\r\n", isPrinter: true).Answer.Facts!);

    [Fact]
    public void Facts_that_were_cut_off_are_marked()
    {
        using var stop = new CancellationTokenSource();
        var (answer, _) = Run(80, new IdentifySettings { Facts = FactCatalog.All }, asked: bytes =>
        {
            if (Encoding.ASCII.GetString(bytes).StartsWith("OPTIONS", StringComparison.Ordinal))
            {
                stop.Cancel();
            }
        }, stop: stop);
        Assert.True(answer.IsCut);
        Assert.Equal("http", answer.Service?.Protocol);
        Assert.Equal(["http-title", "http-server-header"], answer.Facts?.Select(static fact => fact.Id));
    }

    [Theory]
    [InlineData(161, true, "snmp")]
    [InlineData(161, false, null)]
    [InlineData(9161, true, null)]
    public void An_agent_that_answers_to_its_community_alone_is_known_by_it(ushort port, bool asksForFacts, string? protocol)
    {
        var time = new TestTime();
        var agent = new Agent();
        var socket = new RemoteSocket(Address, null, new PortNumber(port));
        var target = new ServiceTarget(socket, TransportProtocol.Udp, null) { IsSilent = true };
        var settings = new IdentifySettings { Facts = asksForFacts ? FactCatalog.All : [] };
        var answer = time.Run(() => new ServiceIdentifier(agent, time, settings).IdentifyAsync(target, CancellationToken.None), 10_000);
        Assert.Equal(protocol, answer.Service?.Protocol);
        Assert.Equal(
            protocol is null ? null : "a switch\n  System name: s1\n  Versions: SNMPv1",
            answer.Facts is [var first, ..] ? first.Output : null);
        Assert.Equal(protocol is null ? null : "SNMPv1", answer.Service?.Info);
        Assert.Equal(protocol is not null, agent.HeardCommunity);
    }

    private static (ServiceAnswer Answer, List<byte[]> Sent) Run(
        ushort port, IdentifySettings settings, string? greeting = null, bool isPrinter = false, Action<byte[]>? asked = null,
            CancellationTokenSource? stop = null)
    {
        var time = new TestTime();
        var sockets = new Web(greeting, asked);
        var target = new ServiceTarget(new RemoteSocket(Address, null, new PortNumber(port)), TransportProtocol.Tcp,
            null)
        { PrinterPort = isPrinter ? new PortNumber(9100) : null };
        var identifier = new ServiceIdentifier(sockets, time, settings) { HasTls = false };
        var answer = time.Run(() => identifier.IdentifyAsync(target, stop?.Token ?? CancellationToken.None), mostSteps: 100_000);
        return (answer, sockets.Sent);
    }

    // Knows version 1 and its community; drops all else.
    private sealed class Agent : ICheckSockets
    {
        public bool HeardCommunity { get; private set; }

        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp) => throw new NotSupportedException();

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp)
        {
            if (datagrams[0].Span.IndexOf("public"u8) < 0)
            {
                return Task.FromResult(new DatagramResult(DatagramOutcome.Silent, 1));
            }

            HeardCommunity = true;
            return Task.FromResult(new DatagramResult(DatagramOutcome.Replied, 1) { Reply = Answer() });
        }

        private static byte[] Answer()
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                writer.WriteInteger(0);
                writer.WriteOctetString("public"u8);
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2)))
                {
                    writer.WriteInteger(0x506F72);
                    writer.WriteInteger(0);
                    writer.WriteInteger(0);
                    using (writer.PushSequence())
                    {
                        foreach (var (name, text) in ((string, string)[])[("1.3.6.1.2.1.1.1.0", "a switch"), ("1.3.6.1.2.1.1.5.0", "s1")])
                        {
                            using (writer.PushSequence())
                            {
                                writer.WriteObjectIdentifier(name);
                                writer.WriteOctetString(Encoding.ASCII.GetBytes(text));
                            }
                        }
                    }
                }
            }

            return writer.Encode();
        }
    }

    private sealed class Web(string? greeting, Action<byte[]>? asked) : ICheckSockets
    {
        public List<byte[]> Sent { get; } = [];

        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            var connection = new MemoryConnection((connection, bytes) =>
            {
                Sent.Add(bytes);
                asked?.Invoke(bytes);
                connection.Feed(Encoding.ASCII.GetString(bytes).StartsWith("GET / ", StringComparison.Ordinal)
                    ? "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 16\r\n\r\n<title>x</title>"u8.ToArray()
                    : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            });
            if (greeting is not null)
            {
                connection.Feed(Encoding.ASCII.GetBytes(greeting));
            }

            return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, connection));
        }

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
                CancellationToken giveUp) =>
            throw new NotSupportedException();
    }
}
