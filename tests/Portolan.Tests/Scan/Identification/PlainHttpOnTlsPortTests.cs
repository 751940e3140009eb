using System.Text;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Tests.Scan.Checking;

namespace Portolan.Tests.Scan.Identification;

/// <summary>A port that usually speaks TLS, and a server on it that does not.</summary>
public sealed class PlainHttpOnTlsPortTests
{
    private static readonly InternetAddress Address = InternetAddress.TryParse("192.0.2.1", out var address)
        ? address
        : throw new FormatException();

    [Fact]
    public void A_refused_handshake_is_followed_by_a_question_in_clear()
    {
        var time = new TestTime();
        var answer = time.Run(
            () => new ServiceIdentifier(new PlainServer(), time, new IdentifySettings())
                .IdentifyAsync(
                    new ServiceTarget(new RemoteSocket(Address, null, new PortNumber(5001)), TransportProtocol.Tcp, null),
                    CancellationToken.None),
            mostSteps: 100_000);
        Assert.Equal(
            ("http", "nginx", "1.22.1", null),
            (answer.Service?.Protocol, answer.Service?.Product, answer.Service?.Version, answer.Service?.Tunnel));
    }

    // Go's server answers a handshake with a bare 400, which names no product.
    private sealed class PlainServer : ICheckSockets
    {
        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp) =>
            Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, new MemoryConnection(static (connection, bytes) =>
            {
                connection.Feed(Encoding.ASCII.GetBytes(bytes[0] == 0x16
                    ? "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
                    : "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Length: 0\r\n\r\n"));
                connection.End();
            })));

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp) =>
            throw new NotSupportedException();
    }
}
