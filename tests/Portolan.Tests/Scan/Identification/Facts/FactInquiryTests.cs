using System.Text;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
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
        var (answer, _) = Run(80, new IdentifySettings { Facts = true });
        Assert.Equal("http", answer.Service?.Protocol);
        Assert.Equal(["http-title", "http-server-header"], answer.Facts?.Select(static fact => fact.Id));
        Assert.False(answer.IsCut);
    }

    [Fact]
    public void Nobody_asks_for_facts_without_sC() => Assert.Null(Run(80, new IdentifySettings()).Answer.Facts);

    [Fact]
    public void Without_sV_only_the_ports_own_protocols_are_asked()
    {
        var light = new IdentifySettings { Facts = true, Intensity = 0 };
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
        var (answer, sent) = Run(port, new IdentifySettings { Facts = true });
        Assert.Empty(answer.Facts!);
        Assert.DoesNotContain(sent, static bytes => Encoding.ASCII.GetString(bytes).Contains("robots", StringComparison.Ordinal));
    }

    [Fact]
    public void A_printers_unknown_port_is_asked_for_none() =>
        Assert.Empty(Run(4567, new IdentifySettings { Facts = true }, greeting: "220 x FTP\r\n", isPrinter: true).Answer.Facts!);

    [Fact]
    public void Facts_that_were_cut_off_are_marked()
    {
        using var stop = new CancellationTokenSource();
        var (answer, _) = Run(80, new IdentifySettings { Facts = true }, asked: bytes =>
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

    private static (ServiceAnswer Answer, List<byte[]> Sent) Run(
        ushort port, IdentifySettings settings, string? greeting = null, bool isPrinter = false, Action<byte[]>? asked = null,
            CancellationTokenSource? stop = null)
    {
        var time = new TestTime();
        var sockets = new Web(greeting, asked);
        var target = new ServiceTarget(new RemoteSocket(Address, null, new PortNumber(port)), TransportProtocol.Tcp,
            null) { IsOfPrinter = isPrinter };
        var answer = time.Run(
            () => new ServiceIdentifier(sockets, time, settings) { HasTls = false }.IdentifyAsync(target, stop?.Token ?? CancellationToken.None),
            mostSteps: 100_000);
        return (answer, sockets.Sent);
    }

    private sealed class Web(string? greeting, Action<byte[]>? asked) : ICheckSockets
    {
        public List<byte[]> Sent { get; } = [];

        public Task<ConnectResult> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
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

            return Task.FromResult(new ConnectResult(ConnectionOutcome.Connected, connection));
        }

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
                CancellationToken giveUp) =>
            throw new NotSupportedException();
    }
}
