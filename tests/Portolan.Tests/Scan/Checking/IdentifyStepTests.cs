using System.Text;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Checking.Expectations;
using Portolan.Scan.Names;
using Portolan.Scan.Probes.Payloads;
using Portolan.Tests.Scan.Identification;

namespace Portolan.Tests.Scan.Checking;

/// <summary>A check says what a port is, in virtual time, and its time is the target's alone.</summary>
public sealed class IdentifyStepTests
{
    private const string Ssh = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7\r\n";

    [Fact]
    public void A_server_that_greets_is_known_by_its_greeting_without_another_connection()
    {
        var server = new Server(Ssh, static _ => null);

        var report = server.Check("192.0.2.1:2022");

        Assert.Equal("connect greeting identify", Kinds(report));
        Assert.Equal("ssh: OpenSSH 9.2p1 (Debian-2+deb12u7; protocol 2.0)", report.Last<IdentifyStep>()!.Summary);
        Assert.Equal("OpenSSH", report.Identified!.Product);
        Assert.Equal((1, 0), (server.Connections, server.Sent.Count));
    }

    [Fact]
    public void A_server_that_waits_for_its_client_is_asked_on_the_same_connection()
    {
        var server = new Server(null, static request => request.StartsWith("GET / HTTP/1.1\r\n", StringComparison.Ordinal)
            ? "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Length: 0\r\n\r\n" : null);

        var report = server.Check("192.0.2.1:8080");

        Assert.Equal("http: nginx 1.22.1", report.Last<IdentifyStep>()!.Summary);
        Assert.Equal(1, server.Connections);
    }

    [Theory]
    [InlineData("192.0.2.1:8080", 1)]
    [InlineData("192.0.2.1:9999", 1)]
    [InlineData("udp://192.0.2.1:9999", 5)]
    public void A_silent_port_is_asked_for_two_seconds_at_most_and_they_are_not_the_targets(string target, int seconds)
    {
        var server = new Server(null, static _ => null);

        var report = server.Check(target);

        Assert.InRange(server.Time.GetUtcNow() - DateTimeOffset.UnixEpoch, TimeSpan.FromSeconds(seconds),
            TimeSpan.FromSeconds(target.StartsWith("udp", StringComparison.Ordinal) ? seconds + 2 : 2));
        Assert.Equal(TimeSpan.FromSeconds(seconds), report.Elapsed);
        Assert.Equal(report.Elapsed, report.Hops[0].Elapsed);
        Assert.StartsWith("unknown: no answer to ", report.Last<IdentifyStep>()!.Summary, StringComparison.Ordinal);
        Assert.DoesNotContain("not known", report.Summary, StringComparison.Ordinal);
        Assert.Null(report.Identified);
        Assert.True(WithinExpectation.TryParse("within=6s", "6s", out var within));
        Assert.Equal(report.IsReached, within!.Judge(report).Met);
    }

    [Fact]
    public void The_wait_for_a_greeting_and_the_question_count_for_no_limit_of_time()
    {
        var report = new Server(null, static _ => null).Check("192.0.2.1:9999");

        Assert.True(WithinExpectation.TryParse("within=1ms", "1ms", out var within));
        Assert.Equal((true, "0 ms"), within!.Judge(report));
    }

    [Fact]
    public void A_UDP_service_on_a_port_of_its_own_choice_is_open_when_it_answers_its_own_question()
    {
        var report = new Server(RecordedService.Read("bind-udp")).Check("udp://192.0.2.1:5354");

        Assert.Equal("domain", report.Identified!.Protocol);
        Assert.Equal((PortState.Open, true), (report.State, report.IsReached));
    }

    [Theory]
    [InlineData("")]
    [InlineData("closes")]
    public void Nothing_is_asked_where_that_is_not_wanted_or_the_server_closes(string how)
    {
        var server = new Server(null, static _ => null) { Closes = how == "closes" };

        var report = server.Check("192.0.2.1:9999", identify: how == "closes");

        Assert.Equal("connect greeting", Kinds(report));
        Assert.Equal((1, 0), (server.Connections, server.Sent.Count));
    }

    [Fact]
    public void Printers_ports_get_no_byte()
    {
        var server = new Server(null, static _ => null);

        var report = server.Check("192.0.2.1:9100");

        Assert.Equal("not asked: printers print what they receive", report.Last<IdentifyStep>()!.Summary);
        Assert.Empty(server.Sent);
    }

    [Theory]
    [InlineData("ssh://192.0.2.1", Ssh, "OpenSSH 9.2p1")]
    [InlineData("smtp://192.0.2.1", "220 mail.example.test ESMTP Postfix (Debian/GNU)\r\n", "Postfix smtpd ")]
    [InlineData("ftp://192.0.2.1", "220 (vsFTPd 3.0.3)\r\n", "vsftpd 3.0.3")]
    [InlineData("smtp://192.0.2.1", "554 go away\r\n", null)]
    public void A_named_protocol_says_the_product_where_its_greeting_does_and_sends_nothing(string target, string greeting, string? product)
    {
        var server = new Server(greeting, static _ => null);

        var report = server.Check(target);

        Assert.Equal("connect greeting", Kinds(report));
        Assert.Equal(product, report.Identified is { } service ? $"{service.Product} {service.Version}" : null);
        Assert.Equal((1, 0), (server.Connections, server.Sent.Count));
    }

    [Fact]
    public void What_was_asked_first_is_not_asked_again_without_identifying()
    {
        var server = new Server(Ssh, static _ => null);
        Assert.True(CheckTargetParser.TryParse("192.0.2.1:22", out var target, out _));

        var report = server.Time.Run(() => server.Checker(identify: true).WithoutIdentifying().CheckAsync(target, CancellationToken.None));

        Assert.Null(report.Last<IdentifyStep>());
        Assert.Equal("OpenSSH", report.Identified!.Product);
    }

    private static string Kinds(CheckReport report) => string.Join(' ', report.Hops[^1].Steps.Select(static s => s.Kind));

    private sealed class Server : ICheckSockets
    {
        private readonly string? _greeting;
        private readonly Func<string, string?> _answer;
        private readonly RecordedService? _recorded;

        public Server(string? greeting, Func<string, string?> answer) => (_greeting, _answer) = (greeting, answer);

        public Server(RecordedService recorded)
            : this(null, static _ => null) => _recorded = recorded;

        public TestTime Time { get; } = new();

        public bool Closes { get; init; }

        public int Connections { get; private set; }

        public List<string> Sent { get; } = [];

        public CheckReport Check(string url, bool identify = true)
        {
            Assert.True(CheckTargetParser.TryParse(url, out var target, out _));
            return Time.Run(() => Checker(identify).CheckAsync(target, CancellationToken.None), mostSteps: 10_000);
        }

        public PortChecker Checker(bool identify) => new(
            new CheckTools(this, new NoNames(), [], () => 1, Network: null, new UdpPayloads(1), () => ("no TLS", Advice.Of($"none")), Time),
            new CheckOptions { Identify = identify },
            new WarmUp(() => Task.CompletedTask, () => Task.CompletedTask, () => Task.CompletedTask));

        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            Connections++;
            var connection = new MemoryConnection((connection, bytes) =>
            {
                Sent.Add(Encoding.ASCII.GetString(bytes));
                if (_answer(Sent[^1]) is { } answer)
                {
                    connection.Feed(Encoding.ASCII.GetBytes(answer));
                }
            });
            connection.Feed(Encoding.ASCII.GetBytes(_greeting ?? ""));
            if (Closes)
            {
                connection.End();
            }

            return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, connection));
        }

        public async Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>,
                bool> accepts, CancellationToken giveUp)
        {
            if (_recorded is not null && datagrams[0].Span.IndexOf("version"u8) >= 0)
            {
                return new DatagramResult(DatagramOutcome.Replied, 1)
                {
                    Reply =
                    _recorded.Replies.First(static r => r.Asked == "DNS version.bind").Bytes
                };
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, Time, giveUp).ContinueWith(static _ =>
                { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.FromCurrentSynchronizationContext());
            return new DatagramResult(DatagramOutcome.Silent, datagrams.Count);
        }
    }

    private sealed class NoNames : INameLookup
    {
        public Task<NameAnswer> LookUpAsync(string name, AddressFamilies families, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
