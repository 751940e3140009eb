using System.Text;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Tests.Scan.Checking;

namespace Portolan.Tests.Scan.Identification;

/// <summary>A web server that refuses another protocol's question, TLS among them, before it answers the request for its page.</summary>
public sealed class ErrorPageTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_title_is_that_of_the_page_and_not_of_a_refusal(bool hasTls)
    {
        var time = new TestTime();
        Assert.True(InternetAddress.TryParse("192.0.2.1", out var address));
        var target = new ServiceTarget(new RemoteSocket(address, null, new PortNumber(4567)), TransportProtocol.Tcp, null);
        var identifier = new ServiceIdentifier(new Server(), time, new IdentifySettings()) { HasTls = hasTls };
        var answer = time.Run(() => identifier.IdentifyAsync(target, CancellationToken.None), 100_000);
        Assert.Equal(
            ("Apache httpd", "2.4.71", "title \"Welcome\""),
            (answer.Service?.Product, answer.Service?.Version, answer.Service?.Info));
    }

    private sealed class Server : ICheckSockets
    {
        private int _requests;

        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp) =>
            Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, new MemoryConnection((connection, bytes) =>
            {
                // The first request is not answered: the server is busy.
                var isGet = bytes.AsSpan().StartsWith("GET "u8);
                if (!isGet || _requests++ > 0)
                {
                    connection.Feed(isGet ? Reply("200 OK", "Welcome") : Reply("400 Bad Request", "400 Bad Request"));
                }
            })));

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp) => throw new NotSupportedException();

        private static byte[] Reply(string status, string title)
        {
            var page = $"<html><head><title>{title}</title></head></html>";
            return Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status}\r\nServer: Apache/2.4.71 (Debian)\r\nContent-Length: {page.Length}\r\n\r\n{page}");
        }
    }
}
