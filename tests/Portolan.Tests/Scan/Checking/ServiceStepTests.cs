using System.Text;
using System.Text.RegularExpressions;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Scan.Probes.Payloads;
using Portolan.Tests.Scan.Identification;

namespace Portolan.Tests.Scan.Checking;

/// <summary>A URL that names a protocol checks that protocol: what real servers said, in virtual time.</summary>
public sealed class ServiceStepTests
{
    /// <summary>Schemes without TLS, one for each protocol and transport.</summary>
    public static TheoryData<string> Schemes =>
        [.. ServiceSchemes.All.Where(static s => !s.UsesTls).DistinctBy(static s => s.Protocol).Select(static s => s.Name)];

    [Trait("Quick", "no")]
    [Theory]
    [MemberData(nameof(Schemes))]
    public void A_scheme_passes_with_servers_of_its_protocol_and_with_no_other(string name)
    {
        var scheme = ServiceSchemes.Find(name)!;
        foreach (var recording in RecordedService.All())
        {
            var server = RecordedService.Read(recording);
            if (server.Protocol != scheme.Transport)
            {
                continue;
            }

            var report = server.Check($"{name}://192.0.2.1:60001", identify: false);

            var protocol = RecordedServiceTests.Expected[recording].Split('|')[0];
            // An NFS server answers RPC, and Samba on NetBIOS' port SMB.
            protocol = protocol switch { "nfs" => "sunrpc", "netbios-ssn" => "microsoft-ds", _ => protocol };
            var isOwn = protocol == scheme.Protocol;
            Assert.True(isOwn == report.IsReached, $"{recording}: {report.Summary}");
            Assert.True(isOwn || !report.Summary.StartsWith(scheme.Label, StringComparison.Ordinal), $"{recording}: {report.Summary}");
        }
    }

    [Theory]
    [InlineData("redis", "redis://192.0.2.1", "Redis: Redis 7.0.15 (standalone)")]
    [InlineData("postgresql", "postgres://192.0.2.1", "PostgreSQL: PostgreSQL (*)")]
    [InlineData("openldap", "ldap://192.0.2.1", "LDAP: OpenLDAP*")]
    [InlineData("rabbitmq", "amqp://192.0.2.1", "AMQP: RabbitMQ 3.10.8*")]
    [InlineData("mosquitto", "mqtt://192.0.2.1", "MQTT: Mosquitto 2.0.11*")]
    [InlineData("memcached", "memcached://192.0.2.1", "memcached: memcached 1.6.18*")]
    [InlineData("mongodb-by-specification", "mongodb://192.0.2.1", "MongoDB: MongoDB 7.0.5*")]
    [InlineData("kamailio", "sip://192.0.2.1;transport=tcp", "SIP: Kamailio 5.6.3*")]
    [InlineData("kamailio-udp", "sip://192.0.2.1", "open: SIP: Kamailio 5.6.3*")]
    [InlineData("chrony", "ntp://192.0.2.1", "open: NTP (version 4; *)")]
    [InlineData("ntpsec", "ntp://192.0.2.1", "open: NTP: NTPsec 1.2.2*")]
    [InlineData("nginx", "redis://192.0.2.1", "expected Redis, HTTP answered: nginx 1.22.1")]
    [InlineData("openssh", "postgres://192.0.2.1", "expected PostgreSQL, SSH answered: OpenSSH 9.2p1*")]
    [InlineData("openssh", "smtp://192.0.2.1", "expected SMTP, SSH answered: OpenSSH 9.2p1*")]
    [InlineData("rsyslog", "redis://192.0.2.1", "expected Redis, and no answer to Redis PING in 5 s")]
    [InlineData("rsyslog", "ssh://192.0.2.1", "no greeting in 5 s, but a SSH server speaks first")]
    [InlineData("bgpd", "redis://192.0.2.1", "expected Redis, and the server closed the connection at Redis PING")]
    [InlineData("bind-udp", "ntp://192.0.2.1", "expected NTP, but the server said *")]
    [InlineData("vsftpd", "smtp://192.0.2.1", "expected SMTP, FTP answered: vsftpd 3.0.3*")]
    [InlineData("dictd", "smtp://192.0.2.1", "expected SMTP, DICT answered: dictd 1.13.0*")]
    [InlineData("postfix", "ftp://192.0.2.1", "expected FTP, SMTP answered: Postfix smtpd*")]
    [InlineData("icecc-scheduler", "nntp://192.0.2.1", "expected NNTP, but the server said \"200-ICECC *")]
    public void What_answered_is_said(string recording, string url, string summary)
    {
        var report = RecordedService.Read(recording).Check(url);

        var pattern = Regex.Escape(summary).Replace("\\*", ".*", StringComparison.Ordinal);
        Assert.Matches($"^{pattern}$", report.Summary);
    }

    [Fact]
    public void What_answers_in_place_of_the_protocol_that_closes_or_keeps_silent_is_asked_where_that_is_wanted()
    {
        // A server of HTTP that closes at what is no request, and one that waits for a greeting.
        var silent = RecordedService.Read("gunicorn");

        Assert.StartsWith(
            "this port speaks HTTP: Gunicorn", silent.Check("smtp://192.0.2.1").Last<GreetingStep>()!.Meaning, StringComparison.Ordinal);
        Assert.Equal(
            "the server hangs, or this port speaks another protocol",
            silent.Check("smtp://192.0.2.1", identify: false).Last<GreetingStep>()!.Meaning);
    }

    [Theory]
    [InlineData("-LOADING Redis is loading the dataset in memory\r\n", "refuses to serve: LOADING Redis is loading")]
    [InlineData("-ERR max number of clients reached\r\n", "refuses to serve: ERR max number of clients reached")]
    [InlineData("-DENIED Redis is running in protected mode because protected mode is enabled\r\n", "refuses to serve: protected mode")]
    [InlineData("\u0001\u0002 nobody knows this\r\n", "expected Redis, but the server said \"\u0001\u0002 nobody knows this\"")]
    [InlineData("\u0015\u0003\u0003\0\u0002\u0002\u0032", "expected Redis, but this port speaks TLS")]
    public void A_server_that_is_there_and_does_not_serve_fails(string answer, string summary)
    {
        var (report, _) = CheckAgainst(answer, "redis://192.0.2.1");

        Assert.Equal(StepResult.Failed, report.Result);
        Assert.Contains(summary, report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_that_is_wanted_is_no_failure_and_none_is_sent()
    {
        var (report, sent) = CheckAgainst(
            "-NOAUTH Authentication required.\r\n", "redis://app:se-cret@192.0.2.1:7000/0?password=se-cret");

        Assert.Equal((true, "Redis (a password is wanted)"), (report.IsReached, report.Summary));
        Assert.DoesNotContain(sent, static bytes => bytes.Contains("se-cret", StringComparison.Ordinal));
        Assert.DoesNotContain(sent, static bytes => bytes.Contains("app", StringComparison.Ordinal));
        Assert.Equal(("redis://***@192.0.2.1:7000/0?***", "redis://192.0.2.1:7000"), (report.Target.Text, report.Target.Url));
        var said = $"{report} {report.Hops[0].Target} {string.Join(' ', report.Hops[0].Steps)}";
        Assert.DoesNotContain("se-cret", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_scheme_names_a_protocol_that_identification_knows_and_none_that_may_stop_a_machine()
    {
        foreach (var scheme in ServiceSchemes.All)
        {
            var protocol = ServiceCatalog.Of(scheme.Transport).FirstOrDefault(known => known.Name == scheme.Protocol);
            Assert.True(protocol is { IsIndustrial: false }, scheme.Name);
            Assert.True(scheme.Transport == TransportProtocol.Tcp || protocol.Opening is not null, scheme.Name);
            Assert.DoesNotContain(new PortNumber(scheme.Port), IdentifySettings.PrinterPorts);
        }
    }

    private static (CheckReport Report, List<string> Sent) CheckAgainst(string answer, string url)
    {
        Assert.True(CheckTargetParser.TryParse(url, out var target, out _));
        var (time, sockets) = (new TestTime(), new Server(answer));
        var tools = new CheckTools(
            sockets, null!, [], static () => 1, Network: null, new UdpPayloads(1), static () => ("no TLS", Advice.Of($"none")), time);
        var start = new WarmUp(static () => Task.CompletedTask, static () => Task.CompletedTask, static () => Task.CompletedTask);
        var checker = new PortChecker(tools, new CheckOptions(), start);
        return (time.Run(() => checker.CheckAsync(target, CancellationToken.None), mostSteps: 10_000), sockets.Sent);
    }

    /// <summary>Answers the same to all.</summary>
    private sealed class Server(string answer) : ICheckSockets
    {
        public List<string> Sent { get; } = [];

        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp) => Task.FromResult(
            new ConnectionAttempt(ConnectionOutcome.Connected, new MemoryConnection((connection, bytes) =>
            {
                Sent.Add(Encoding.Latin1.GetString(bytes));
                connection.Feed(Encoding.Latin1.GetBytes(answer));
            })));

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp) => throw new NotSupportedException();
    }
}
