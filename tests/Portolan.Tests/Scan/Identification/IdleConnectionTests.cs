using System.Text;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Tests.Scan.Checking;

namespace Portolan.Tests.Scan.Identification;

/// <summary>
/// Servers that close idle connections, as Monit does after half a second, are asked without a pause; they are no tcpwrapped.
/// </summary>
public sealed class IdleConnectionTests
{
    private static readonly InternetAddress Address = InternetAddress.TryParse("192.0.2.1", out var address)
        ? address
        : throw new FormatException();

    [Theory]
    [InlineData(500, "http", "lighttpd", ServiceOutcome.Identified)]
    [InlineData(0, "tcpwrapped", null, ServiceOutcome.Wrapped)]
    [InlineData(100, "tcpwrapped", null, ServiceOutcome.Wrapped)]
    public void A_server_that_closes_idle_connections_is_asked_without_a_pause(
        int milliseconds, string protocol, string? product, ServiceOutcome outcome)
    {
        var time = new TestTime();
        var server = new IdleCloser(time, TimeSpan.FromMilliseconds(milliseconds));
        var target = new ServiceTarget(new RemoteSocket(Address, null, new PortNumber(4567)), TransportProtocol.Tcp, null);
        var answer = time.Run(
            () => new ServiceIdentifier(server, time, new IdentifySettings()).IdentifyAsync(target, CancellationToken.None),
            mostSteps: 100_000);
        Assert.Equal((outcome, protocol, product), (answer.Outcome, answer.Service?.Protocol, answer.Service?.Product));
    }

    private sealed class IdleCloser(TestTime time, TimeSpan patience) : ICheckSockets
    {
        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            var isAsked = false;
            var connection = new MemoryConnection((connection, bytes) =>
            {
                isAsked = true;
                if (bytes.AsSpan().StartsWith("GET "u8))
                {
                    connection.Feed(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nServer: lighttpd/1.4.69\r\nContent-Length: 0\r\n\r\n"));
                }

                connection.End();
            });
            _ = CloseAsync();
            return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, connection));

            async Task CloseAsync()
            {
                await Task.Delay(patience, time, CancellationToken.None);
                if (!isAsked)
                {
                    connection.End();
                }
            }
        }

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp) =>
            throw new NotSupportedException();
    }
}
