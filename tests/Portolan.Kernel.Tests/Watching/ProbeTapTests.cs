using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Bpf.Probes;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Watching;

/// <summary>Probes of ports without a service, as this kernel counts them.</summary>
public sealed class ProbeTapTests : IDisposable
{
    private const int Served = 80;

    private static readonly InternetAddress[] Own = [Parse("198.18.0.2"), Parse("2001:db8::2")];

    private readonly LabPair _lab = LabPair.Create();

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("198.18.0.2", "198.18.0.1")]
    [InlineData("2001:db8::2", "2001:db8::/64")]
    public void Probes_of_ports_without_a_service_are_counted_and_clients_are_not(string target, string source)
    {
        using var tap = _lab.Target.Run(ProbeTap.Open);
        tap.Serve(Own, [(TransportProtocol.Tcp, new PortNumber(Served))]);
        var address = IPAddress.Parse(target);
        using var listener = _lab.Target.Run(() => Listen(address));
        _lab.Scanner.Run(() =>
        {
            foreach (var port in (int[])[21, Served, 22, Served, 65_000])
            {
                TryConnect(address, port);
            }

            using var datagrams = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            datagrams.SendTo([1], new IPEndPoint(address, 53));
        });

        var probes = tap.Take();

        Assert.Equal(
            ["tcp 21", "tcp 22", "tcp 65000", "udp 53"],
            probes.Select(static probe => $"{probe.Protocol.Name()} {probe.Port.Value}").Order(StringComparer.Ordinal));
        Assert.All(probes, probe => Assert.Equal(source, probe.Source.ToString()));
        Assert.Empty(tap.Take());
    }

    [Fact]
    public void Packets_that_a_rule_drops_are_counted_too()
    {
        _lab.Target.Run(static () => Nft.Load("table inet t { chain c { type filter hook input priority 0; policy drop; }; }"));
        using var tap = _lab.Target.Run(ProbeTap.Open);
        tap.Serve(Own, []);
        _lab.Scanner.Run(static () =>
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            Assert.Throws<SocketException>(() => client.Connect(new IPEndPoint(IPAddress.Parse("198.18.0.2"), 23)));
        });

        Assert.Equal(23, Assert.Single(tap.Take()).Port.Value);
    }

    [Theory]
    [InlineData("nmap", "-sS", "-Pn", "-n", "-p1-50", "198.18.0.2")]
    [InlineData("nmap", "-sX", "-Pn", "-n", "-p1-50", "198.18.0.2")]
    [InlineData("nmap", "-sT", "-Pn", "-n", "-p1-50", "198.18.0.2")]
    [InlineData("nmap", "-6", "-sS", "-Pn", "-n", "-p1-50", "2001:db8::2")]
    public void Scanners_are_counted_with_every_port(params string[] command)
    {
        using var tap = _lab.Target.Run(ProbeTap.Open);
        tap.Serve(Own, []);
        _lab.Scanner.Run(() => Tool.Lines(command[0], command[1..]));

        Assert.Equal(Enumerable.Range(1, 50), tap.Take().Select(static probe => (int)probe.Port.Value).Order());
    }

    [Fact]
    public void Forged_sources_cannot_take_more_than_the_map_has()
    {
        using var tap = _lab.Target.Run(ProbeTap.Open);
        tap.Serve(Own, []);
        _lab.Scanner.Run(static () => Tool.Lines("nmap", "-sS", "-Pn", "-n", "-p-", "--min-rate", "20000", "198.18.0.2"));

        Assert.InRange(tap.Take().Count, 4096, 16_384);
    }

    private static TcpListener Listen(IPAddress address)
    {
        var listener = new TcpListener(address, Served);
        listener.Start();
        return listener;
    }

    private static void TryConnect(IPAddress address, int port)
    {
        using var client = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            client.Connect(new IPEndPoint(address, port));
        }
        catch (SocketException)
        {
            Assert.NotEqual(Served, port);
        }
    }

    private static InternetAddress Parse(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);
}
