using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Services;
using Portolan.Scan.Formats;
using Portolan.Scan.Identification;
using Portolan.Scan.Results;
using Portolan.Tests.Scan.Connecting;
using Portolan.Tests.Scan.Identification;

namespace Portolan.Tests.Scan.Engine;

/// <summary>
/// Which hosts look like printers: raw printing has the port of Prometheus' node exporter, so what else the host shows decides.
/// </summary>
public sealed class PrinterHostTests
{
    private const string Ssh = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n";
    private const string Page = "HTTP/1.1 200 OK\r\nServer: EWS-NIC5/15.18\r\nContent-Length: 2\r\n\r\nhi";
    private const string Exporter =
        "HTTP/1.1 200 OK\r\nContent-Length: 45\r\n\r\n<title>Prometheus Pushgateway</title> welcome";

    private static readonly ScanSettings Settings = SimulatedScan.Settings();

    [Theory]
    [InlineData("22 9100 17001", 22, Ssh)]
    [InlineData("2022 9100 17001", 2022, Ssh)]
    [InlineData("8080 9100 17001", 8080, Exporter)]
    [InlineData("22 9104 17001", 22, Ssh)]
    public void A_server_with_an_exporter_is_asked_on_all_ports(string ports, int server, string says)
    {
        var sockets = new Host { [server] = says, [17001] = Page };
        var group = Ask(ports, sockets);
        Assert.Equal("http", AnswerOf(group, 17001)?.Service?.Protocol);
        var raw = int.Parse(ports.Split(' ')[1], CultureInfo.InvariantCulture);
        Assert.Equal("not asked (printer port)", ServiceText.RemarkOn(AnswerOf(group, raw)));
        Assert.Empty(sockets.Received[raw]);
    }

    [Theory]
    [InlineData("80 9100 17001", 9100)]
    [InlineData("9100 17001", 9100)]
    [InlineData("80 9102 17001", 9102)]
    [InlineData("22 515 17001", 515)]
    [InlineData("22 515 9100 17001", 515)]
    public void Whoever_may_be_a_printer_gets_nothing_on_unknown_ports_and_the_sign_is_said(string ports, int sign)
    {
        var sockets = new Host { [22] = Ssh, [80] = Page, [17001] = Page };
        var group = Ask(ports, sockets);
        var answer = AnswerOf(group, 17001);
        Assert.Equal($"not asked (host may be a printer: port {sign} is open)", ServiceText.RemarkOn(answer));
        Assert.Equal($"host may be a printer: port {sign} is open", IdentifiedJson.ReasonOf(answer));
        Assert.Empty(sockets.Received[17001]);
    }

    [Theory]
    [InlineData("9101 9102 9103 17001", PortState.Closed)]
    [InlineData("9101 9102 9103 17001", PortState.Filtered)]
    [InlineData("9102 17001", PortState.Closed)]
    public void A_host_of_Bacula_is_none_where_the_first_port_of_raw_printing_is_not_open(string ports, PortState first)
    {
        var sockets = new Host { [17001] = Page };
        var group = Group(ports, ("9100", first));
        Ask(group, sockets);
        Assert.Equal("http", AnswerOf(group, 17001)?.Service?.Protocol);
        Assert.Equal("not asked (printer port)", ServiceText.RemarkOn(AnswerOf(group, 9102)));
        Assert.Empty(sockets.Received[9102]);
    }

    [Fact]
    public void The_ports_of_Bacula_beside_that_of_LPD_are_those_of_a_printer()
    {
        var sockets = new Host { [17001] = Page };
        var group = Group("515 9102 17001", ("9100", PortState.Closed));
        Ask(group, sockets);
        Assert.Equal("not asked (host may be a printer: port 515 is open)", ServiceText.RemarkOn(AnswerOf(group, 17001)));
        Assert.Empty(sockets.Received[17001]);
    }

    [Fact]
    public void A_port_that_keeps_silent_to_its_own_question_gets_the_others_once_the_host_is_a_server()
    {
        // Redis on a port of HTTP closes on the request, and shows by a line of text what it is.
        var sockets = new Host { [22] = Ssh, [8080] = "+PONG\r\n" };
        Assert.Equal("redis", AnswerOf(Ask("22 8080 9100", sockets), 8080)?.Service?.Protocol);
        sockets = new Host { [80] = Page, [8080] = "+PONG\r\n" };
        Assert.NotEqual("redis", AnswerOf(Ask("80 8080 9100", sockets), 8080)?.Service?.Protocol);
        var sent = Encoding.Latin1.GetString(sockets.Received[8080].SelectMany(static bytes => bytes).ToArray());
        Assert.DoesNotContain("PING", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("version", sent, StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_unknown_port_of_a_printer_says_by_itself_is_shown()
    {
        var sockets = new Host { [17001] = "hello" };
        Assert.Equal("not asked (host may be a printer: port 515 is open), says \"hello\"",
            ServiceText.RemarkOn(AnswerOf(Ask("515 17001", sockets), 17001)));
        Assert.Empty(sockets.Received[17001]);
    }

    [Fact]
    public void What_an_earlier_process_learned_counts()
    {
        var sockets = new Host { [17001] = Page };
        var group = Group("22 9100 17001");
        var known = new ServiceAnswer(ServiceOutcome.Identified, new IdentifiedService("ssh") { Product = "OpenSSH" });
        group.SetAnswer(0, SlotOf(group, 22), known);
        Ask(group, sockets);
        Assert.Equal("http", AnswerOf(group, 17001)?.Service?.Protocol);
        Assert.Empty(sockets.Received[22]);
    }

    [Fact]
    public void MySQL_is_connected_to_once_whatever_the_host_turns_out_to_be()
    {
        var sockets = new Host { [22] = Ssh };
        Ask("22 3306 9100", sockets);
        Assert.Equal(1, sockets.Connections[3306]);
    }

    private static HostGroup Ask(string ports, Host sockets)
    {
        var group = Group(ports);
        Ask(group, sockets);
        return group;
    }

    private static void Ask(HostGroup group, Host sockets)
    {
        var brief = TimeSpan.FromMilliseconds(20);
        var settings = new IdentifySettings
        {
            ShortGreetingWait = brief,
            BriefGreetingWait = brief,
            GreetingWait = brief,
            Pause = brief,
            ReplyWait = brief,
        };
        var queue = ServiceQueue.Of(group, Settings);
        group.BeginHearing(queue.Ports.Select(static port => port.Host));
        var identifier = new ServiceIdentifier(sockets, TimeProvider.System, settings) { HasTls = false };
        using var stage = new ServiceStage(group, queue, identifier, TestContext.Current.CancellationToken);
        while (!stage.Work(TimeSpan.FromMilliseconds(50)))
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }

        Assert.Equal(1, stage.Done);
        Assert.False(group.IsHeard(0));
    }

    private static HostGroup Group(string ports, (string Port, PortState State)? other = null)
    {
        var all = other is { } named ? $"{ports} {named.Port}" : ports;
        var plan = SimulatedScan.Plan("192.0.2.1", all.Replace(' ', ','), Settings);
        var group = new HostGroup(plan, [0UL], SilenceMeaning.For(TcpTechnique.Connect));
        group.SetHost(0, new HostResult(group[0], HostStatus.Up, ReplyReason.EchoReply, 64, null));
        group.BeginPortStage(Settings);
        for (var slot = 0; slot < group.PortsOf(0).Count; slot++)
        {
            var port = group.PortsOf(0)[slot];
            if (other?.Port != port.Port.ToString())
            {
                group.Record(0, slot, new PortResult(port, PortState.Open, ReplyReason.SynAck, 64, Evidence.SynAck, null));
            }
            else if (other?.State == PortState.Closed)
            {
                group.Record(0, slot, new PortResult(port, PortState.Closed, ReplyReason.Reset, 64, Evidence.None, null));
            }
        }

        return group;
    }

    private static int SlotOf(HostGroup group, int port) =>
        Enumerable.Range(0, group.PortsOf(0).Count).First(slot => group.PortsOf(0)[slot].Port.Value == port);

    private static ServiceAnswer? AnswerOf(HostGroup group, int port) => group.AnswerOf(0, SlotOf(group, port));

    /// <summary>Whoever speaks first does so; the others answer what they are asked in their own protocol, and close on all else.</summary>
    private sealed class Host : ICheckSockets
    {
        private readonly Dictionary<int, string> _says = [];

        public string this[int port]
        {
            set => _says[port] = value;
        }

        public ConcurrentDictionary<int, int> Connections { get; } = new();

        public ILookup<int, byte[]> Received => _received.ToLookup(static one => one.Port, static one => one.Bytes);

        private readonly ConcurrentQueue<(int Port, byte[] Bytes)> _received = new();

        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            Connections.AddOrUpdate(remote.Port.Value, 1, static (_, count) => count + 1);
            var pair = new DuplexPair(static () => { });
            _ = Task.Run(() => ServeAsync(pair.Server, remote.Port.Value), CancellationToken.None);
            return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, pair.Client));
        }

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval,
            Func<ReadOnlyMemory<byte>, bool> accepts, CancellationToken giveUp) => throw new NotSupportedException();

        private async Task ServeAsync(Stream stream, int port)
        {
            await using (stream)
            {
                var says = _says.GetValueOrDefault(port, "");
                if (says.StartsWith("SSH", StringComparison.Ordinal) || says == "hello")
                {
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(says));
                }

                var asked = new byte[4096];
                while (await stream.ReadAsync(asked) is > 0 and var length)
                {
                    _received.Enqueue((port, asked[..length]));
                    var words = asked.AsSpan(0, length);
                    var fits = words.StartsWith("GET "u8) ? says.StartsWith("HTTP", StringComparison.Ordinal)
                        : words.IndexOf("PING"u8) >= 0 && says.StartsWith('+');
                    var refuses = words.StartsWith("version"u8) && says.StartsWith('+');
                    if (!fits && !refuses)
                    {
                        return;
                    }

                    await stream.WriteAsync(
                        Encoding.ASCII.GetBytes(fits ? says : "-ERR unknown command 'version', with args beginning with: \r\n"));
                }
            }
        }
    }
}
