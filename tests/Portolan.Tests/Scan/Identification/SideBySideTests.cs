using System.Text;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Tests.Scan.Checking;

namespace Portolan.Tests.Scan.Identification;

/// <summary>
/// Ports whose servers should speak first and do not: they are asked while they may still do so. And which question goes next.
/// </summary>
public sealed class SideBySideTests
{
    private static readonly IdentifySettings Settings = new();

    private static readonly InternetAddress Address = InternetAddress.FromIPv4(0xC000_0201);

    [Fact]
    public void A_web_server_on_the_port_of_FTP_is_known_before_the_wait_for_a_greeting_is_over()
    {
        var time = new TestTime();
        var server = new Server(time);
        var answer = Ask(time, server, 21);
        Assert.Equal(("http", "nginx"), (answer.Service?.Protocol, answer.Service?.Product));
        Assert.True(server.AskedAfter < Settings.GreetingWait, "the whole wait passed");
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public void A_greeting_that_comes_late_counts_while_others_are_asked()
    {
        var time = new TestTime();
        var server = new Server(time) { IsHttp = false, Greeting = "220 (vsFTPd 3.0.3)\r\n", GreetsAfter = TimeSpan.FromSeconds(4) };
        var answer = Ask(time, server, 21);
        Assert.Equal(("ftp", "vsftpd"), (answer.Service?.Protocol, answer.Service?.Product));
        Assert.Equal("220 (vsFTPd 3.0.3)\r\n", Encoding.ASCII.GetString(answer.Greeting!.Value.Span));
    }

    [Fact]
    public void A_server_that_serves_one_client_at_a_time_is_asked_on_the_first_connection()
    {
        var time = new TestTime();
        Assert.Equal("http", Ask(time, new Server(time) { ServesOne = true }, 21).Service?.Protocol);
    }

    [Theory]
    [InlineData(25)]
    [InlineData(587)]
    [InlineData(24)]
    public void Nothing_is_sent_to_a_mail_server_before_its_greeting(ushort port)
    {
        var time = new TestTime();
        const string Greeting = "220 mail.example.test ESMTP Postfix\r\n";
        var server = new Server(time) { IsHttp = false, Greeting = Greeting, GreetsAfter = TimeSpan.FromSeconds(5) };
        var answer = Ask(time, server, port);
        Assert.Equal(("smtp", "Postfix smtpd"), (answer.Service?.Protocol, answer.Service?.Product));
        Assert.Equal((0, 1), (server.EarlyWords, server.Connections));
    }

    [Fact]
    public void No_more_connections_than_the_host_has_places()
    {
        var time = new TestTime();
        var places = new HostPlaces(1);
        Assert.True(places.TryTake());
        var server = new Server(time);
        var answer = Ask(time, server, 21, places);
        Assert.Equal(("http", 1), (answer.Service?.Protocol, server.MostOpen));
        Assert.False(places.TryTake());
    }

    [Fact]
    public void Every_place_is_given_back()
    {
        var time = new TestTime();
        var places = new HostPlaces(8);
        Ask(time, new Server(time), 21, places);
        Assert.Equal(8, Enumerable.Range(0, 100).Count(_ => places.TryTake()));
    }

    [Theory]
    [InlineData("samba-rpc", "msrpc")]
    [InlineData("memcached", "memcached")]
    public void A_rarer_protocol_is_known_on_a_foreign_port_by_what_it_did_with_the_request_of_HTTP(string recording, string protocol) =>
        Assert.Equal(protocol, RecordedService.Read(recording).Ask(4567).Service?.Protocol);

    [Fact]
    public void What_protocols_do_with_the_request_of_HTTP_is_what_their_servers_did()
    {
        var known = 0;
        var real = RecordedService.All()
            .Where(static name => !name.EndsWith("-by-specification", StringComparison.Ordinal)).Select(RecordedService.Read);
        foreach (var service in real.Where(static s => s.Protocol == TransportProtocol.Tcp))
        {
            var found = service.Ask(service.Port).Service?.Protocol;
            var own = ServiceCatalog.Tcp.Where(p => p.Opening is not null && p.Ports.Contains(service.Port) && p.Name == found);
            foreach (var protocol in own.Where(static p => p.ToHttp != HttpReaction.Unknown))
            {
                // A server that says something is known by that, and the order of questions is nothing to it.
                var seen = service.ReactionTo("HTTP GET /");
                Assert.True(
                    protocol.ToHttp == seen || (seen == HttpReaction.Speaks && service.Ask(4567).Service?.Protocol == protocol.Name),
                    $"{protocol.Name} {protocol.ToHttp}, {service.Name} {seen}");
                known++;
            }
        }

        Assert.True(known > 20, $"{known} compared");
    }

    private static ServiceAnswer Ask(TestTime time, Server server, ushort port, HostPlaces? places = null)
    {
        var socket = new RemoteSocket(Address, null, new PortNumber(port));
        var target = new ServiceTarget(socket, TransportProtocol.Tcp, null) { Places = places };
        var identifier = new ServiceIdentifier(server, time, Settings) { HasTls = false };
        return time.Run(() => identifier.IdentifyAsync(target, CancellationToken.None), mostSteps: 100_000);
    }

    private sealed class Server(TestTime time) : ICheckSockets
    {
        private readonly List<MemoryConnection> _open = [];

        public bool IsHttp { get; init; } = true;

        public string? Greeting { get; init; }

        public TimeSpan GreetsAfter { get; init; }

        public bool ServesOne { get; init; }

        public int Connections { get; private set; }

        public TimeSpan? AskedAfter { get; private set; }

        public int MostOpen { get; private set; }

        public int EarlyWords { get; private set; }

        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            Connections++;
            var hasGreeted = false;
            var connection = new MemoryConnection((connection, bytes) =>
            {
                AskedAfter ??= time.GetElapsedTime(0);
                EarlyWords += Greeting is not null && !hasGreeted ? 1 : 0;
                if (IsHttp && bytes.AsSpan().StartsWith("GET "u8) && (!ServesOne || _open[0] == connection))
                {
                    connection.Feed("HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
                }
            });
            _open.RemoveAll(static one => one.IsClosed);
            _open.Add(connection);
            MostOpen = Math.Max(MostOpen, _open.Count);
            if (Greeting is not null)
            {
                _ = GreetAsync();
            }

            return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, connection));

            async Task GreetAsync()
            {
                await Task.Delay(GreetsAfter, time, CancellationToken.None);
                hasGreeted = true;
                connection.Feed(Encoding.ASCII.GetBytes(Greeting));
            }
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
