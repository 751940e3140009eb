using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;
using Portolan.Tests.Scan.Checking;

namespace Portolan.Tests.Scan.Identification;

/// <summary>
/// All that servers receive, on every port, from whole runs: what the protocols declare, where it may go, and nothing else.
/// </summary>
public sealed class SentBytesTests
{
    private static readonly IdentifySettings Everything = new()
    {
        Facts = FactCatalog.All,
        Intensity = 9,
        MaxConnections = 100,
        MaxDatagrams = 100,
        PortLimit = TimeSpan.FromMinutes(20),
    };

    private static readonly ushort[] ForeignPorts = [4567, 5005, 8000, 60001];

    private static readonly InternetAddress Address = InternetAddress.TryParse("192.0.2.1", out var address)
        ? address
        : throw new FormatException();

    // What a server says when it is connected to, and to each question.
    private static readonly Dictionary<string, (string? Greeting, Func<byte[], byte[]?> Answer)> Servers = new(StringComparer.Ordinal)
    {
        ["silent"] = (null, static _ => null),
        ["echo"] = (null, static asked => asked),
        ["ssh"] = ("SSH-2.0-OpenSSH_9.2\r\n", static _ => null),
        ["ftp"] = ("220 welcome\r\n", static _ => "500 what?\r\n"u8.ToArray()),
        ["http"] = (null, static _ => "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray()),
        ["memcached"] = (null, static _ => "ERROR\r\n"u8.ToArray()),
        ["tls"] = (null, static _ => [0x15, 3, 1, 0, 2, 2, 10]),
        ["zeros"] = (null, static asked => new byte[asked.Length]),
    };

    public static TheoryData<string, TransportProtocol> Cases =>
        new MatrixTheoryData<string, TransportProtocol>(Servers.Keys, [TransportProtocol.Tcp, TransportProtocol.Udp]);

    public static TheoryData<string> ServerNames => [.. Servers.Keys];

    [Trait("Quick", "no")]
    [Theory]
    [MemberData(nameof(Cases))]
    public void Servers_on_every_port_receive_declared_bytes_and_nothing_else(string server, TransportProtocol transport)
    {
        foreach (var port in PortsOf(transport))
        {
            var target = Target(port, transport);
            foreach (var sent in Run(target, server, Everything).Sent)
            {
                AssertDeclared(target, sent);
            }
        }
    }

    [Fact]
    public void Real_servers_receive_declared_bytes_and_nothing_else()
    {
        foreach (var service in RecordedService.All().Select(RecordedService.Read))
        {
            foreach (var port in (ushort[])[service.Port, 4567])
            {
                // Its sockets know the bytes of each question, and throw where there are none.
                service.Ask(port, settings: Everything);
            }
        }
    }

    [Theory]
    [MemberData(nameof(ServerNames))]
    public void Industrial_ports_get_their_own_questions_on_one_connection(string server)
    {
        foreach (var protocol in ServiceCatalog.Tcp.Where(static p => p.IsIndustrial))
        {
            foreach (var port in protocol.Ports)
            {
                var target = Target(port, TransportProtocol.Tcp);
                var (sent, connections, _) = Run(target, server, Everything, hasTls: true);
                Assert.Equal(1, connections);
                Assert.All(sent, bytes => Assert.Contains(ProbesOf(protocol), probe => IsOf(probe, target, bytes)));
            }

            Assert.All(protocol.TlsPorts, port => Assert.Empty(Run(Target(port, TransportProtocol.Tcp), server, Everything).Sent));
        }
    }

    [Fact]
    public void Industrial_ports_over_UDP_get_their_own_questions()
    {
        foreach (var protocol in ServiceCatalog.Udp.Where(static p => p.IsIndustrial))
        {
            var target = Target(protocol.Ports[0], TransportProtocol.Udp);
            var sent = Run(target, "silent", Everything).Sent;
            Assert.NotEmpty(sent);
            Assert.All(sent, bytes => Assert.Contains(ProbesOf(protocol), probe => IsOf(probe, target, bytes)));
        }
    }

    [Fact]
    public void All_ports_get_industrial_questions_where_the_person_says_so()
    {
        var industrial = ServiceCatalog.Tcp.First(static p => p.IsIndustrial);
        var target = Target(4567, TransportProtocol.Tcp);
        Assert.DoesNotContain(Run(target, "silent", Everything).Sent, bytes => IsOf(industrial.Opening!, target, bytes));
        Assert.Contains(Run(target, "silent", Everything with { AllPorts = true }).Sent, bytes => IsOf(industrial.Opening!, target, bytes));
    }

    [Theory]
    [MemberData(nameof(ServerNames))]
    public void Printers_receive_nothing(string server)
    {
        foreach (var port in IdentifySettings.PrinterPorts)
        {
            var (sent, connections, _) = Run(Target(port.Value, TransportProtocol.Tcp), server, Everything, hasTls: true);
            Assert.Empty(sent);
            Assert.Equal(1, connections);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_host_that_looks_like_a_printer_gets_what_belongs_to_a_port_and_nothing_on_unknown_ones(
        string server, TransportProtocol transport)
    {
        Assert.Empty(Run(Target(4567, transport) with { PrinterPort = new PortNumber(515) }, server, Everything).Sent);
        var port = transport == TransportProtocol.Tcp ? (ushort)80 : (ushort)161;
        var target = Target(port, transport) with { PrinterPort = new PortNumber(515) };
        var own = ServiceCatalog.Of(transport).Where(p => p.Ports.Contains(target.Port.Value)).SelectMany(ProbesOf)
            .Concat(target.Port.Value == 161 ? DeclaredBytes.OfFacts(transport) : []).ToList();
        if (server == "silent")
        {
            Assert.All(Run(target, server, Everything).Sent, bytes => Assert.Contains(own, probe => IsOf(probe, target, bytes)));
        }
    }

    [Fact]
    public void A_silent_UDP_port_gets_its_own_questions()
    {
        Assert.Empty(Run(Target(4567, TransportProtocol.Udp) with { IsSilent = true }, "silent", Everything with { Intensity = 6 }).Sent);
        var target = Target(161, TransportProtocol.Udp) with { IsSilent = true };
        var own = ServiceCatalog.Udp.Where(static p => p.Ports.Contains((ushort)161)).Select(static p => p.Opening!).ToList();
        var sent = Run(target, "silent", Everything with { Facts = [] }).Sent;
        Assert.Equal(own.Count, sent.Count);
        Assert.All(sent, bytes => Assert.Contains(own, probe => IsOf(probe, target, bytes)));
    }

    [Fact]
    public void A_database_that_counts_connections_gets_one()
    {
        foreach (var protocol in ServiceCatalog.Tcp.Where(static p => p.CountsConnections))
        {
            Assert.All(
                protocol.Ports, static port => Assert.Equal(1, Run(Target(port, TransportProtocol.Tcp), "silent", Everything).Connections));
        }

        Assert.Contains(ServiceCatalog.Tcp, static p => p is { Name: "mysql", CountsConnections: true });
    }

    [Fact]
    public void No_probe_is_a_handshake_with_a_debugger() => Assert.All(
        AllProbes(),
        static probe => Assert.True(probe.BytesFor(Target(5005, TransportProtocol.Tcp)).Span.IndexOf("JDWP"u8) < 0, probe.Name));

    [Fact]
    public void No_probe_starts_the_transfer_of_a_substation() => Assert.All(
        AllProbes(),
        static probe => Assert.False(probe.BytesFor(Target(2404, TransportProtocol.Tcp)).Span is [0x68, 4, 0x07 or 0x13, ..], probe.Name));

    [Fact]
    public void Echoed_datagrams_are_nobodys_word()
    {
        foreach (var port in PortsOf(TransportProtocol.Udp))
        {
            Assert.Null(Run(Target(port, TransportProtocol.Udp), "echo", Everything).Answer.Service);
        }
    }

    [Fact]
    public void Names_of_probes_are_unique()
    {
        foreach (var transport in (TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp])
        {
            var probes = ServiceCatalog.Of(transport).SelectMany(ProbesOf).Concat(DeclaredBytes.OfFacts(transport)).Distinct().ToList();
            var target = Target(4567, transport);
            Assert.All(probes, static probe => Assert.DoesNotContain(": ", probe.Name, StringComparison.Ordinal));
            foreach (var group in probes.GroupBy(static probe => probe.Name))
            {
                Assert.All(
                    group,
                    probe => Assert.True(
                        IsOf(group.First(), target, probe.BytesFor(target).ToArray()), $"two probes are called {group.Key}"));
            }
        }
    }

    private static IEnumerable<ServiceProbe> AllProbes() => ServiceCatalog.Tcp.Concat(ServiceCatalog.Udp).SelectMany(ProbesOf)
        .Concat(DeclaredBytes.OfFacts(TransportProtocol.Tcp)).Concat(DeclaredBytes.OfFacts(TransportProtocol.Udp));

    private static IEnumerable<ServiceProbe> ProbesOf(ServiceProtocol protocol) =>
        protocol.FollowUps.Concat(protocol.Opening is { } opening ? [opening] : []);

    private static IEnumerable<ushort> PortsOf(TransportProtocol transport) =>
        ServiceCatalog.Of(transport).SelectMany(static p => p.Ports.Concat(p.TlsPorts)).Concat(ForeignPorts)
            .Concat(IdentifySettings.PrinterPorts.Select(static p => p.Value)).Distinct().Order();

    private static ServiceTarget Target(ushort port, TransportProtocol transport) =>
        new(new RemoteSocket(Address, null, new PortNumber(port)), transport, "example.test");

    // Industrial bytes only on their own ports.
    private static void AssertDeclared(ServiceTarget target, byte[] sent)
    {
        var protocols = ServiceCatalog.Of(target.Protocol).Where(p => ProbesOf(p).Any(probe => IsOf(probe, target, sent))).ToList();
        if (protocols.Count == 0 && DeclaredBytes.AreOfFact(target, sent))
        {
            Assert.DoesNotContain(
                ServiceCatalog.Of(target.Protocol), p => p.IsIndustrial && p.Ports.Concat(p.TlsPorts).Contains(target.Port.Value));
            return;
        }

        Assert.True(protocols.Count > 0, $"port {target.Port} received undeclared bytes {Convert.ToHexString(sent)}");
        Assert.True(
            protocols.Exists(p => !p.IsIndustrial || p.Ports.Contains(target.Port.Value)),
            $"{protocols[0].Name} was asked for on port {target.Port}");
    }

    private static bool IsOf(ServiceProbe probe, ServiceTarget target, byte[] sent) => DeclaredBytes.IsOf(probe, target, sent);

    private static (List<byte[]> Sent, int Connections, ServiceAnswer Answer) Run(
        ServiceTarget target, string server, IdentifySettings settings, bool hasTls = false)
    {
        var time = new TestTime();
        var sockets = new RecordingSockets(Servers[server]);
        var answer = time.Run(
            () => new ServiceIdentifier(sockets, time, settings) { HasTls = hasTls }.IdentifyAsync(target, CancellationToken.None),
            mostSteps: 100_000);
        return (sockets.Sent, sockets.Connections, answer);
    }

    private sealed class RecordingSockets((string? Greeting, Func<byte[], byte[]?> Answer) server) : ICheckSockets
    {
        public List<byte[]> Sent { get; } = [];

        public int Connections { get; private set; }

        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            Connections++;
            var connection = new MemoryConnection((connection, bytes) =>
            {
                Sent.Add(bytes);
                if (server.Answer(bytes) is { } answer)
                {
                    connection.Feed(answer);
                }
            });
            if (server.Greeting is { } greeting)
            {
                connection.Feed(System.Text.Encoding.ASCII.GetBytes(greeting));
            }

            return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, connection));
        }

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp)
        {
            Assert.All(datagrams, datagram => Assert.True(datagram.Span.SequenceEqual(datagrams[0].Span)));
            Sent.Add(datagrams[0].ToArray());
            return Task.FromResult(server.Answer(datagrams[0].ToArray()) is { } answer
                ? new DatagramResult(DatagramOutcome.Replied, 1) { Reply = answer }
                : new DatagramResult(DatagramOutcome.Silent, 1));
        }
    }
}
